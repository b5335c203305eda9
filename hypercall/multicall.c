/* SPDX-License-Identifier: MIT */
/* multicall: several hypercalls in one, each with its own 64-bit result. */
#include "compat.h"

#define BATCH 64 /* entries between two chances for interrupts and other vCPUs */

_Static_assert(sizeof(struct multicall_entry) == 64, "xen.h: struct multicall_entry");

/* Write ENTRY back as the rest of its work, which *call says, and ask for the same entry again. */
static int64_t keep_for_restart(guest_ptr_t at, struct multicall_entry *entry, const struct hypercall *call)
{
    if (call->compat && !call_fits_compat(call))
        return refuse(EFAULT, "multicall: an entry's rest is beyond 4 GiB");
    for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
        entry->args[i] = call->arg[i];
    return guest_struct_write(call->compat, &guest_multicall_entry, at, entry) ? -EFAULT : -ERESTART;
}

static int64_t run_entry(struct vcpu *v, bool compat, guest_ptr_t at)
{
    struct multicall_entry entry;
    struct hypercall call = {.compat = compat};

    if (guest_struct_read(compat, &guest_multicall_entry, &entry, at))
        return -EFAULT;
    call.nr = entry.op;
    for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
        call.arg[i] = entry.args[i];
    entry.result =
        call.nr == __HYPERVISOR_multicall ? (xen_ulong_t)-EINVAL : (xen_ulong_t)hypercall_dispatch(v, &call);
    if (entry.result == (xen_ulong_t)-ERESTART)
        return keep_for_restart(at, &entry, &call);
    return guest_field_write(compat, &guest_multicall_entry, at, offsetof(struct multicall_entry, result),
                             &entry.result);
}

/* (list, nr): 0, or -EFAULT at the first entry that cannot be read or written. A restart begins with the
 * first entry that is not done: the arguments say which. */
int64_t do_multicall(struct vcpu *v, struct hypercall *call)
{
    uint32_t left = (uint32_t)call->arg[1];

    for (unsigned int i = 0; left; i++, left--) {
        bool enough = i == BATCH || call_is_long(v, 0);
        int64_t rc = enough ? -ERESTART : run_entry(v, call->compat, guest_ptr(call->arg[0]));

        call->arg[1] = left;
        if (rc)
            return rc;
        call->arg[0] += guest_struct_size(call->compat, &guest_multicall_entry);
    }
    return 0;
}
