/* SPDX-License-Identifier: MIT */
/* The console ring (xen/io/console.h): what the guest writes goes where its console_io would, and what was
 * typed comes back. */
#include "console.h"
#include "event_port.h"
#include "ring.h"
#include <xen/io/console.h>

#define CHUNK 128U /* bytes printed between two chances for interrupts and other vCPUs */

enum ring_step ring_console_step(struct domain *d, uint8_t *page)
{
    struct xencons_interface *x = (struct xencons_interface *)page;
    uint32_t cons = READ_ONCE(x->out_cons);
    uint32_t waiting = __atomic_load_n(&x->out_prod, __ATOMIC_ACQUIRE) - cons, n = MIN(waiting, CHUNK);
    char text[CHUNK];

    if (waiting == 0 || waiting > sizeof(x->out))
        return RING_NOTHING;
    for (uint32_t i = 0; i < n; i++)
        text[i] = READ_ONCE(x->out[(cons + i) % sizeof(x->out)]);
    console_guest_write(d, text, n);
    __atomic_store_n(&x->out_cons, cons + n, __ATOMIC_RELEASE);
    return waiting > n ? RING_MORE : RING_DONE;
}

/* How many bytes went in. */
static size_t put(struct xencons_interface *x, const char *text, size_t n)
{
    uint32_t prod = READ_ONCE(x->in_prod);
    uint32_t used = prod - __atomic_load_n(&x->in_cons, __ATOMIC_ACQUIRE);

    if (used >= sizeof(x->in))
        return 0;
    n = MIN(n, sizeof(x->in) - used);
    for (uint32_t i = 0; i < n; i++)
        WRITE_ONCE(x->in[(prod + i) % sizeof(x->in)], text[i]);
    __atomic_store_n(&x->in_prod, prod + (uint32_t)n, __ATOMIC_RELEASE);
    return n;
}

size_t ring_console_input(struct domain *d, const char *text, size_t n)
{
    const struct ring *r = &d->ring[RING_CONSOLE];
    uint16_t port;

    spin_lock(&d->ring_lock);
    n = r->page ? put((struct xencons_interface *)r->page, text, n) : 0;
    port = r->port;
    spin_unlock(&d->ring_lock);
    if (n)
        event_tell_ring(d, port, RING_CONSOLE);
    return n;
}
