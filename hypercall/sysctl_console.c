/* SPDX-License-Identifier: MIT */
/* sysctl: the hypervisor's messages, read and asked for. */
#include "debug_keys.h"
#include "message_ring.h"
#include "sysctl.h"

#define CHUNK    256U
#define MAX_KEYS 128U /* reports are long */

/* The end of what was read comes back in index; clear forgets all up to there. */
int sysctl_readconsole(struct sysctl_call *c)
{
    struct xen_sysctl_readconsole *r = &c->op.u.readconsole;
    uint32_t index = r->incremental ? r->index : message_ring_start(), room = r->count;
    char text[CHUNK];
    size_t n;

    r->count = 0;
    while (r->count < room && (n = message_ring_get(&index, text, MIN(CHUNK, room - r->count)))) {
        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(r->buffer), r->count), text, n))
            return refuse(EFAULT, "readconsole: byte %u cannot be written", r->count);
        r->count += (uint32_t)n;
    }
    if (r->clear)
        message_ring_drop(index);
    r->index = index;
    c->copy_back = true;
    return 0;
}

int sysctl_debug_keys(struct sysctl_call *c)
{
    const struct xen_sysctl_debug_keys *k = &c->op.u.debug_keys;

    if (k->nr_keys > MAX_KEYS)
        return refuse(EINVAL, "debug_keys: %u keys, at most %u", k->nr_keys, MAX_KEYS);
    for (uint32_t i = 0; i < k->nr_keys; i++) {
        char key;

        if (arch_copy_from_guest(&key, guest_ptr_add(handle_ptr(k->keys), i), 1))
            return refuse(EFAULT, "debug_keys: key %u at %p", i, (const void *)k->keys.p);
        debug_key(key);
    }
    return 0;
}
