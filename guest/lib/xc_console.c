/* SPDX-License-Identifier: MIT */
/* The hypervisor's messages, and what makes it say more. */
#include "xc_private.h"

int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear, int incremental,
                       uint32_t *pindex)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_readconsole};
    struct xen_sysctl_readconsole *op = &sysctl.u.readconsole;

    set_xen_guest_handle_raw(op->buffer, buffer);
    op->count = *pnr_chars;
    op->clear = (uint8_t)(clear != 0);
    if (pindex) {
        op->index = *pindex;
        op->incremental = (uint8_t)(incremental != 0);
    }
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *pnr_chars = op->count;
    if (pindex)
        *pindex = op->index;
    return 0;
}

int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_debug_keys};

    set_xen_guest_handle_raw(sysctl.u.debug_keys.keys, keys);
    sysctl.u.debug_keys.nr_keys = (uint32_t)strlen(keys);
    return xc_sysctl(xch, &sysctl);
}

int xc_allod_debug(xc_interface *xch, struct xen_sysctl_allod_debug *debug)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_allod_debug};

    *allod_debug(&sysctl) = *debug;
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *debug = *allod_debug(&sysctl);
    return 0;
}
