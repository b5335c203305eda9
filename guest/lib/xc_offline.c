/* SPDX-License-Identifier: MIT */
/* Pages taken out of use and brought back, and what the machine's pages are used for. */
#include "xc_private.h"
#include <xenguest.h>

static int page_offline(xc_interface *xch, uint32_t cmd, unsigned long start, unsigned long end,
                        uint32_t *status)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_page_offline_op};
    struct xen_sysctl_page_offline_op *op = &sysctl.u.page_offline;

    if (!status || end < start || end > UINT32_MAX)
        return xc_refuse(EINVAL);
    op->cmd = cmd;
    op->start = (uint32_t)start;
    op->end = (uint32_t)end;
    set_xen_guest_handle_raw(op->status, status);
    return xc_sysctl(xch, &sysctl);
}

int xc_mark_page_offline(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status)
{
    return page_offline(xch, sysctl_page_offline, start, end, status);
}

int xc_mark_page_online(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status)
{
    return page_offline(xch, sysctl_page_online, start, end, status);
}

int xc_query_page_offline_status(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status)
{
    return page_offline(xch, sysctl_query_page_offline, start, end, status);
}

int xc_page_runs(xc_interface *xch, uint64_t *first_mfn, unsigned int uses, uint32_t node, uint32_t domid,
                 unsigned int nr_runs, struct xen_page_run *runs)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_page_runs};
    struct xen_sysctl_page_runs *op = allod_page_runs(&sysctl);

    op->first_mfn = *first_mfn;
    op->nr_runs = nr_runs;
    op->node = node;
    op->uses = (uint16_t)uses;
    op->domid = (domid_t)domid;
    set_xen_guest_handle_raw(op->runs, runs);
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *first_mfn = op->first_mfn;
    return (int)op->nr_runs;
}
