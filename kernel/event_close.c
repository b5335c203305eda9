/* SPDX-License-Identifier: MIT */
/* Event channels: closing ports, and the end of all of a domain's. */
#include "domheap.h"
#include "event_port.h"
#include "log.h"
#include <string.h>

#define RESET_PORTS 512U /* that one step closes */

/* PORT of D, which leads to RD if that is not NULL. */
static void close_port(struct domain *d, uint32_t port, struct domain *rd) REQUIRES(event_bind_lock)
{
    const struct evtchn was = *evtchn_find(d, port);
    struct evtchn *peer = rd ? evtchn_find(rd, was.remote_port) : NULL;

    if (was.state == ECS_VIRQ)
        event_set_virq_port(d->vcpu[virq_is_global(was.virq) ? 0 : was.vcpu], was.virq, 0);
    evtchn_set(d, port, (struct evtchn){0});
    if (!rd)
        return;
    BUG_ON(!peer || !evtchn_is_peer(peer, d, port));
    evtchn_set(rd, was.remote_port,
               (struct evtchn){.state = ECS_UNBOUND, .vcpu = peer->vcpu, .remote_dom = d->domid});
}

/* Finding a domain ranks before the lock that keeps the ports as they are: look first, and again. */
int event_close(struct domain *d, uint32_t port)
{
    for (;;) {
        struct evtchn seen, *chn;
        struct domain *rd = NULL;
        bool same;
        int rc = event_status(d, port, &seen);

        if (rc || seen.state == ECS_FREE)
            return refuse(EINVAL, "event: port %u of d%u is not open", port, d->domid);
        if (seen.state == ECS_INTERDOMAIN)
            rd = domain_get(seen.remote_dom);
        spin_lock(&event_bind_lock);
        chn = evtchn_find(d, port);
        /* Without the peer it is no more the same: another domain may have its id and port by now. */
        same = chn && (seen.state != ECS_INTERDOMAIN || rd) && memcmp(chn, &seen, sizeof(seen)) == 0;
        if (same)
            close_port(d, port, rd);
        spin_unlock(&event_bind_lock);
        if (rd)
            domain_put(rd);
        if (same)
            return 0;
    }
}

int event_reset(struct domain *d)
{
    unsigned int closed = 0;

    for (uint32_t port = 1; port < MAX_EVTCHNS; port++) {
        struct evtchn now;

        if (!READ_ONCE(d->events.table[port / EVTCHNS_PER_PAGE])) {
            port |= EVTCHNS_PER_PAGE - 1;
            continue;
        }
        if (event_status(d, port, &now) || now.state == ECS_FREE)
            continue;
        if (closed++ == RESET_PORTS)
            return -ERESTART;
        event_close(d, port);
    }
    return 0;
}

/* ---- the end ---- */

static void free_tables(struct domain *d) REQUIRES(event_bind_lock)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->events.table); i++) {
        struct evtchn *table = d->events.table[i];

        spin_lock(&d->events.lock);
        d->events.table[i] = NULL;
        spin_unlock(&d->events.lock);
        if (table)
            paging_free_page(&d->mem, virt_to_page(table));
    }
}

static void free_info(struct vcpu *v)
{
    uint8_t *info;

    spin_lock(&v->domain->events.lock);
    info = v->info;
    v->info = NULL;
    spin_unlock(&v->domain->events.lock);
    if (info)
        put_page(&v->domain->mem, virt_to_page(info));
}

/* Nobody opens a port that has not begun to before D was dying: having the lock once is enough. */
int event_destroy(struct domain *d)
{
    int rc;

    spin_lock(&event_bind_lock);
    BUG_ON(!d->is_dying);
    spin_unlock(&event_bind_lock);
    rc = event_reset(d);
    if (rc)
        return rc;
    spin_lock(&event_bind_lock);
    free_tables(d);
    spin_unlock(&event_bind_lock);
    event_set_shared(d, NULL);
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i]) {
            event_stop_singleshot(d->vcpu[i]);
            event_set_periodic(d->vcpu[i], 0);
            free_info(d->vcpu[i]);
        }
    return 0;
}
