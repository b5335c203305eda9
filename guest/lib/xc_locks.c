/* SPDX-License-Identifier: MIT */
/* The hypervisor's locks: what a debug build counts of them. */
#include "xc_private.h"

int xc_lock_stats(xc_interface *xch, unsigned int *nr_locks, xc_lock_stat_t *locks, bool reset)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_lock_stats};
    struct xen_sysctl_lock_stats *op = allod_lock_stats(&sysctl);
    int rc;

    op->nr_locks = *nr_locks;
    op->flags = reset ? ALLOD_LOCKS_RESET : 0;
    set_xen_guest_handle_raw(op->locks, locks);
    rc = xc_sysctl(xch, &sysctl);
    *nr_locks = op->nr_locks;
    return rc;
}
