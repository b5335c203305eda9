/* SPDX-License-Identifier: MIT */
/* Event channels: some connect and close, some send, and one of three domains is destroyed all the time. */
#include "domheap.h"
#include "event.h"
#include "named_part.h"

#define ENDS  3U
#define PORTS 24U

static domid_t ends[ENDS]; /* the last one is replaced */

static domid_t new_end(void)
{
    struct domain *d;
    domid_t domid;

    expect(domain_create(0, 1, &d) == 0 && domain_add_vcpu(d, 0) == 0, "a domain");
    while (paging_set_allocation(&d->mem, 32) == -ERESTART)
        ;
    domid = d->domid;
    domain_put(d);
    return domid;
}

static void end_it(domid_t domid)
{
    struct domain *d = domain_get(domid);
    int rc;

    do {
        spin_lock(&d->domctl_lock);
        rc = domain_kill(d);
        spin_unlock(&d->domctl_lock);
    } while (rc == -ERESTART);
    expect(rc == 0, "d%u is destroyed: error %d", domid, -rc);
    domain_put(d);
}

static struct domain *some_end(struct worker *w)
{
    return domain_get(READ_ONCE(ends[pick(w, ENDS)]));
}

static void connect_some(struct worker *w, struct domain *a, struct domain *b)
{
    int port = event_alloc_unbound(a, b->domid), peer = -1;

    if (port > 0)
        peer = event_bind_interdomain(b, a, (uint32_t)port);
    peer > 0 ? w->granted++ : w->refused++;
    event_bind_vcpu(a, (uint32_t)pick(w, PORTS), 0);
    event_close(a, (uint32_t)pick(w, PORTS));
    event_close(b, (uint32_t)pick(w, PORTS));
}

static void connect_and_close(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        struct domain *a = some_end(w), *b = some_end(w);

        if (a && b)
            connect_some(w, a, b);
        if (a)
            domain_put(a);
        if (b)
            domain_put(b);
    }
}

static void send_all(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        struct domain *d = some_end(w);

        if (!d)
            continue;
        event_send(d, (uint32_t)pick(w, PORTS)) ? w->refused++ : w->granted++;
        event_send_virq(d->vcpu[0], VIRQ_TIMER);
        domain_put(d);
    }
}

static void destroy_one(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        domid_t old = ends[ENDS - 1];

        WRITE_ONCE(ends[ENDS - 1], new_end());
        end_it(old);
        w->granted++;
    }
}

void events(const struct level *l, unsigned int milliseconds)
{
    if (l == &level_mm)
        return; /* it knows of none */
    open_level(l);
    for (unsigned int i = 0; i < ENDS; i++)
        ends[i] = new_end();
    for (unsigned int i = 0; i < 2; i++) {
        crew_add("connector", connect_and_close, NULL);
        crew_add("sender", send_all, NULL);
    }
    crew_add("destroyer", destroy_one, NULL);
    crew_run(level->name, "events between domains that come and go", milliseconds);
    for (unsigned int i = 0; i < ENDS; i++)
        end_it(ends[i]);
    level->close();
}
