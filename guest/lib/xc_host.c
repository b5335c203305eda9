/* SPDX-License-Identifier: MIT */
/* The host: memory, nodes, CPUs; and the debug calls. */
#include "xc_private.h"

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_physinfo};

    if (xc_sysctl(xch, &sysctl))
        return -1;
    *info = sysctl.u.physinfo;
    return 0;
}

int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_numainfo};

    sysctl.u.numainfo.num_nodes = *max_nodes;
    set_xen_guest_handle_raw(sysctl.u.numainfo.meminfo, meminfo);
    set_xen_guest_handle_raw(sysctl.u.numainfo.distance, distance);
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *max_nodes = sysctl.u.numainfo.num_nodes;
    return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_cputopoinfo};

    sysctl.u.cputopoinfo.num_cpus = *max_cpus;
    set_xen_guest_handle_raw(sysctl.u.cputopoinfo.cputopo, cputopo);
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *max_cpus = sysctl.u.cputopoinfo.num_cpus;
    return 0;
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
