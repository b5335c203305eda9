/* SPDX-License-Identifier: MIT */
/* The host: memory, nodes, CPUs. */
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

int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_availheap};

    sysctl.u.availheap.min_bitwidth = (uint32_t)min_width;
    sysctl.u.availheap.max_bitwidth = (uint32_t)max_width;
    sysctl.u.availheap.node = node;
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *bytes = sysctl.u.availheap.avail_bytes;
    return 0;
}

int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_getcpuinfo};

    sysctl.u.getcpuinfo.max_cpus = (uint32_t)max_cpus;
    set_xen_guest_handle_raw(sysctl.u.getcpuinfo.info, info);
    if (xc_sysctl(xch, &sysctl))
        return -1;
    if (nr_cpus)
        *nr_cpus = (int)sysctl.u.getcpuinfo.nr_cpus;
    return 0;
}

int xc_sched_id(xc_interface *xch, int *sched_id)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_sched_id};

    if (xc_sysctl(xch, &sysctl))
        return -1;
    *sched_id = (int)sysctl.u.sched_id.sched_id;
    return 0;
}

int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
    long page = xc_memory_op(xch, XENMEM_maximum_ram_page, NULL, 0);

    if (page < 0)
        return -1;
    *max_mfn = (unsigned long)page;
    return 0;
}
