/* SPDX-License-Identifier: MIT */
/* How often domains leave their guest code. */
#include "xc_private.h"

int xc_exit_stats(xc_interface *xch, uint32_t domid, unsigned int *nr_exits, xc_exit_stat_t *exits)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_exit_stats};
    struct xen_sysctl_exit_stats *op = allod_exit_stats(&sysctl);
    int rc;

    op->domid = (domid_t)domid;
    op->nr_exits = *nr_exits;
    set_xen_guest_handle_raw(op->exits, exits);
    rc = xc_sysctl(xch, &sysctl);
    *nr_exits = op->nr_exits;
    return rc;
}
