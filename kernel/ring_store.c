/* SPDX-License-Identifier: MIT */
/* The xenstore ring (xen/io/xs_wire.h): requests come and answers go in pieces of any size. */
#include "ring.h"
#include "xenstore.h"
#include <string.h>

/* How much of the answer went out. */
static uint32_t send(struct xenstore_domain_interface *x, struct xenstore *s)
{
    uint32_t prod = READ_ONCE(x->rsp_prod);
    uint32_t used = prod - __atomic_load_n(&x->rsp_cons, __ATOMIC_ACQUIRE);
    uint32_t n = used > sizeof(x->rsp) ? 0 : MIN(s->len - s->sent, (uint32_t)sizeof(x->rsp) - used);

    for (uint32_t i = 0; i < n; i++)
        WRITE_ONCE(x->rsp[(prod + i) % sizeof(x->rsp)], s->reply[s->sent + i]);
    s->sent += n;
    __atomic_store_n(&x->rsp_prod, prod + n, __ATOMIC_RELEASE);
    return n;
}

/* The next byte of the request. */
static void keep(struct xenstore *s, char byte)
{
    if (s->received < STORE_HEAD)
        ((char *)&s->head)[s->received] = byte;
    else if (s->received - STORE_HEAD < STORE_REQUEST)
        s->payload[s->received - STORE_HEAD] = byte;
    s->received++;
}

static bool is_complete(const struct xenstore *s)
{
    return s->received >= STORE_HEAD && s->received - STORE_HEAD >= s->head.len;
}

/* No request is as long: what follows means nothing, and the ring is left alone for ever. */
static bool is_broken(const struct xenstore *s)
{
    return s->received >= STORE_HEAD && s->head.len > XENSTORE_PAYLOAD_MAX;
}

/* How much was read of the request, not beyond its end. */
static uint32_t receive(struct xenstore_domain_interface *x, struct xenstore *s)
{
    uint32_t cons = READ_ONCE(x->req_cons), n = 0;
    uint32_t waiting = __atomic_load_n(&x->req_prod, __ATOMIC_ACQUIRE) - cons;

    if (waiting > sizeof(x->req) || is_broken(s))
        return 0;
    while (n < waiting && !is_complete(s) && !is_broken(s))
        keep(s, READ_ONCE(x->req[(cons + n++) % sizeof(x->req)]));
    __atomic_store_n(&x->req_cons, cons + n, __ATOMIC_RELEASE);
    return n;
}

static uint32_t send_events(const struct domain *d, struct xenstore_domain_interface *x, struct xenstore *s)
{
    uint32_t n = 0;

    while (s->sent == s->len && xenstore_event(d, s))
        n += send(x, s);
    return n;
}

/* One request at most, behind the events. While an answer waits for room there is no next one. */
enum ring_step ring_store_step(struct domain *d, uint8_t *page)
{
    struct xenstore_domain_interface *x = (struct xenstore_domain_interface *)page;
    struct xenstore *s = d->page[DOMAIN_PAGE_STORE_STATE];
    uint32_t moved = send(x, s);
    bool answered = false;

    moved += send_events(d, x, s);
    if (s->sent == s->len) {
        moved += receive(x, s);
        answered = is_complete(s) && !is_broken(s);
    }
    if (answered) {
        xenstore_answer(d, s);
        moved += send(x, s);
        moved += send_events(d, x, s);
    }
    if (answered && s->sent == s->len && READ_ONCE(x->req_cons) != READ_ONCE(x->req_prod))
        return RING_MORE;
    return moved ? RING_DONE : RING_NOTHING;
}
