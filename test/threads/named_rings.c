/* SPDX-License-Identifier: MIT */
/* Console and xenstore rings of three guests, one of which is destroyed all the time, while the console is
 * switched. What a guest writes comes, once and in order; what was typed reaches whom it was typed for; and
 * nobody who is gone has the console. */
#include "console.h"
#include "console_input.h"
#include "domheap.h"
#include "event.h"
#include "named_part.h"
#include "ring.h"
#include <stdlib.h>
#include <string.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#define GUESTS   3U
#define MORTAL   2U /* the last one; only who destroys it runs its vCPU */
#define POOL     32U
#define PAGE_AT  100U
#define PIECE    200U
#define PATIENCE 10000U
#define SWITCH   1
#define TURN     3U

static struct guest {
    struct domain *d;
    domid_t domid;
    uint8_t written, come; /* of what it prints: counted bytes; come: under its ring_lock */
    uint32_t port[NR_RINGS];
    struct xencons_interface *console;
    struct xenstore_domain_interface *store;
} guests[GUESTS];

static struct domain *owner; /* of the console; it reads by call */

/* ---- the console of the machine ---- */

static uint8_t typed_for(domid_t domid)
{
    return (uint8_t)(SWITCH + 1 + domid % 200);
}

static bool is_holder(domid_t domid)
{
    const struct domain probe = {.domid = domid};

    return console_is_with(&probe);
}

/* The lock of what was typed is held: who has the console stays. */
static domid_t who_has_it(void)
{
    for (unsigned int i = 0; i < GUESTS; i++) {
        const domid_t domid = __atomic_load_n(&guests[i].domid, __ATOMIC_SEQ_CST);

        if (is_holder(domid))
            return domid;
    }
    expect(is_holder(owner->domid) || is_holder(DOMID_XEN), "a domain that is gone has the console");
    return is_holder(DOMID_XEN) ? DOMID_XEN : owner->domid;
}

int console_getc(void)
{
    static unsigned int turns, left;
    const domid_t domid = owner ? who_has_it() : DOMID_XEN;

    if (left || ++turns % 16 == 0) {
        left = (left ? left : TURN) - 1;
        return SWITCH;
    }
    return domid == DOMID_XEN || turns % 4 == 0 ? -1 : typed_for(domid);
}

/* Other parts' domains print, too. */
void console_guest_write(struct domain *d, const char *s, size_t n)
{
    struct guest *g = guests;

    while (g < guests + GUESTS && READ_ONCE(g->domid) != d->domid)
        g++;
    for (; g < guests + GUESTS && n; n--, g->come++)
        expect((uint8_t)*s++ == g->come, "d%u prints %u bytes, and they are not the next ones", d->domid,
               (unsigned int)n);
}

/* ---- a guest ---- */

static void open_rings(struct guest *g)
{
    for (unsigned int i = 0; i < NR_RINGS; i++) {
        spin_lock(&g->d->domctl_lock);
        expect(ring_open(g->d, (enum ring_kind)i, PAGE_AT + i) == 0, "ring %u", i);
        g->port[i] = g->d->ring[i].port;
        spin_unlock(&g->d->domctl_lock);
    }
    g->console = g->d->page[DOMAIN_PAGE_CONSOLE];
    g->store = g->d->page[DOMAIN_PAGE_STORE];
}

static void new_guest(struct guest *g)
{
    struct domain *d;

    expect(domain_create(0, 1, &d) == 0 && domain_add_vcpu(d, 0) == 0, "a domain");
    while (paging_set_allocation(&d->mem, POOL) == -ERESTART)
        ;
    g->d = d;
    g->written = g->come = 0;
    __atomic_store_n(&g->domid, d->domid, __ATOMIC_SEQ_CST);
    open_rings(g);
}

static void end_guest(struct guest *g)
{
    int rc;

    do {
        spin_lock(&g->d->domctl_lock);
        rc = domain_kill(g->d);
        spin_unlock(&g->d->domctl_lock);
    } while (rc == -ERESTART);
    expect(rc == 0, "d%u is destroyed: error %d", g->domid, -rc);
    perturb();
    expect(!console_is_with(g->d), "d%u has ended with the console", g->domid);
    domain_put(g->d);
}

static void notify(struct guest *g, enum ring_kind which)
{
    int rc;

    while ((rc = event_send(g->d, g->port[which])) == -ERESTART)
        ;
    expect(rc == 0, "an event of d%u: error %d", g->domid, -rc);
}

static void print(struct worker *w, struct guest *g)
{
    struct xencons_interface *x = g->console;
    uint32_t prod = READ_ONCE(x->out_prod), used = prod - __atomic_load_n(&x->out_cons, __ATOMIC_ACQUIRE);
    uint32_t n = (uint32_t)MIN(pick(w, PIECE), sizeof(x->out) - used);

    for (uint32_t i = 0; i < n; i++)
        WRITE_ONCE(x->out[(prod + i) % sizeof(x->out)], (char)g->written++);
    __atomic_store_n(&x->out_prod, prod + n, __ATOMIC_RELEASE);
    if (!one_in(w, 4))
        notify(g, RING_CONSOLE);
}

static void listen(struct worker *w, struct guest *g)
{
    struct xencons_interface *x = g->console;
    uint32_t cons = READ_ONCE(x->in_cons), prod = __atomic_load_n(&x->in_prod, __ATOMIC_ACQUIRE);

    expect(prod - cons <= sizeof(x->in), "%u bytes of input", prod - cons);
    for (; cons != prod; cons++, w->granted++) {
        const uint8_t c = (uint8_t)READ_ONCE(x->in[cons % sizeof(x->in)]);

        expect(c == typed_for(g->domid), "d%u gets what was typed for another", g->domid);
    }
    __atomic_store_n(&x->in_cons, cons, __ATOMIC_RELEASE);
}

static void request(struct worker *w, struct guest *g, const char *bytes, uint32_t n)
{
    struct xenstore_domain_interface *x = g->store;

    for (uint32_t done = 0, piece; done < n; done += piece) {
        const uint32_t prod = READ_ONCE(x->req_prod);

        piece = 1 + (uint32_t)pick(w, n - done);
        for (uint32_t i = 0; i < piece; i++)
            WRITE_ONCE(x->req[(prod + i) % sizeof(x->req)], bytes[done + i]);
        __atomic_store_n(&x->req_prod, prod + piece, __ATOMIC_RELEASE);
        notify(g, RING_STORE);
    }
}

static void answer(struct guest *g, char *bytes, uint32_t n)
{
    struct xenstore_domain_interface *x = g->store;
    uint32_t cons = READ_ONCE(x->rsp_cons);

    for (unsigned int looks = 0; n; looks++) {
        expect(looks < PATIENCE, "xenstore of d%u does not answer", g->domid);
        for (; n && cons != __atomic_load_n(&x->rsp_prod, __ATOMIC_ACQUIRE); n--)
            *bytes++ = READ_ONCE(x->rsp[cons++ % sizeof(x->rsp)]);
        __atomic_store_n(&x->rsp_cons, cons, __ATOMIC_RELEASE);
        notify(g, RING_STORE); /* there is room */
    }
}

/* The whole conversation fits the ring. */
static void ask(struct worker *w, struct guest *g)
{
    static const char path[] = "domid";
    struct xsd_sockmsg head = {XS_READ, (uint32_t)pick(w, ~0U), 0, sizeof(path)}, back;
    char out[sizeof(head) + sizeof(path)], in[XENSTORE_RING_SIZE], domid[8];

    memcpy(out, &head, sizeof(head));
    memcpy(out + sizeof(head), path, sizeof(path));
    request(w, g, out, sizeof(out));
    answer(g, (char *)&back, sizeof(back));
    expect(back.type == XS_READ && back.req_id == head.req_id && back.len < sizeof(domid),
           "answer %u to %#x, %u bytes, for %#x", back.type, back.req_id, back.len, head.req_id);
    answer(g, in, back.len);
    expect((domid_t)strtoul(memcpy(memset(domid, 0, sizeof(domid)), in, back.len), NULL, 10) == g->domid,
           "d%u is told that it is d%s", g->domid, domid);
    w->granted++;
}

/* ---- who does it ---- */

static void speaker(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        print(w, w->arg);
        listen(w, w->arg);
    }
    notify(w->arg, RING_CONSOLE);
}

static void asker(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        ask(w, w->arg);
        notify(w->arg, RING_CONSOLE);
    }
}

static void looker(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w))
        console_input_look();
}

static void reader(struct worker *w)
{
    char text[PIECE];

    level->enter(w);
    while (crew_goes_on(w))
        for (size_t n = console_guest_read(owner, text, sizeof(text)); n; n--, w->granted++)
            expect((uint8_t)text[n - 1] == typed_for(owner->domid), "d%u reads what was typed for another",
                   owner->domid);
}

static void destroyer_of_rings(struct worker *w)
{
    struct guest *g = &guests[MORTAL];

    level->enter(w);
    while (crew_goes_on(w)) {
        for (uint64_t n = pick(w, 6); n; n--) {
            print(w, g);
            listen(w, g);
            ask(w, g);
        }
        end_guest(g);
        new_guest(g);
        w->granted++;
    }
}

void guests_talk(const struct level *l, unsigned int milliseconds)
{
    if (l == &level_mm)
        return; /* it knows of none */
    open_level(l);
    owner = current_vcpu()->domain;
    owner->console_owner = true;
    console_set_home(owner);
    for (unsigned int i = 0; i < GUESTS; i++)
        new_guest(&guests[i]);
    for (unsigned int i = 0; i < MORTAL; i++) {
        crew_add("speaker", speaker, &guests[i]);
        crew_add("asker", asker, &guests[i]);
    }
    crew_add("looker", looker, NULL);
    crew_add("reader", reader, NULL);
    crew_add("destroyer", destroyer_of_rings, NULL);
    crew_run(level->name, "rings of guests that come and go", milliseconds);
    for (unsigned int i = 0; i < GUESTS; i++) {
        expect(i == MORTAL || guests[i].come == guests[i].written, "not all that d%u wrote has come",
               guests[i].domid);
        end_guest(&guests[i]);
    }
    memset(guests, 0, sizeof(guests));
    owner = NULL;
    level->close();
}
