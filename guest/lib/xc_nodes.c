/* SPDX-License-Identifier: MIT */
/* Node maps and a domain's node affinity. */
#include "xc_private.h"

int xc_get_max_nodes(xc_interface *xch)
{
    xc_physinfo_t info;

    if (!xch->max_nodes) {
        if (xc_physinfo(xch, &info))
            return -1;
        xch->max_nodes = (int)info.max_node_id + 1;
    }
    return xch->max_nodes;
}

int xc_get_nodemap_size(xc_interface *xch)
{
    int nodes = xc_get_max_nodes(xch);

    return nodes < 0 ? -1 : (nodes + 7) / 8;
}

xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
    int size = xc_get_nodemap_size(xch);

    return size < 0 ? NULL : calloc(1, (size_t)size);
}

static int nodeaffinity(xc_interface *xch, uint32_t cmd, uint32_t domid, xc_nodemap_t nodemap)
{
    struct xen_domctl domctl = xc_domctl_for(cmd, domid);
    int size = xc_get_nodemap_size(xch);

    if (size < 0)
        return -1;
    domctl.u.nodeaffinity.nodemap.nr_bits = (uint32_t)size * 8;
    set_xen_guest_handle_raw(domctl.u.nodeaffinity.nodemap.bitmap, nodemap);
    return xc_domctl(xch, &domctl);
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
    return nodeaffinity(xch, XEN_DOMCTL_setnodeaffinity, domid, nodemap);
}

int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
    return nodeaffinity(xch, XEN_DOMCTL_getnodeaffinity, domid, nodemap);
}
