/* SPDX-License-Identifier: MIT */
/* vCPUs, and the CPUs that they may run on. */
#include "xc_private.h"

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_getvcpuinfo, domid);

    domctl.u.getvcpuinfo.vcpu = vcpu;
    if (xc_domctl(xch, &domctl))
        return -1;
    *info = domctl.u.getvcpuinfo;
    return 0;
}

long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid, int vcpu)
{
    xc_vcpuinfo_t info;

    return xc_vcpu_getinfo(xch, domid, (uint32_t)vcpu, &info) ? -1 : (long long)info.cpu_time;
}

int xc_get_max_cpus(xc_interface *xch)
{
    xc_physinfo_t info;

    if (!xch->max_cpus) {
        if (xc_physinfo(xch, &info))
            return -1;
        xch->max_cpus = (int)info.max_cpu_id + 1;
    }
    return xch->max_cpus;
}

int xc_get_online_cpus(xc_interface *xch)
{
    xc_physinfo_t info;

    return xc_physinfo(xch, &info) ? -1 : (int)info.nr_cpus;
}

int xc_get_cpumap_size(xc_interface *xch)
{
    int cpus = xc_get_max_cpus(xch);

    return cpus < 0 ? -1 : (cpus + 7) / 8;
}

xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
    int size = xc_get_cpumap_size(xch);

    return size < 0 ? NULL : calloc(1, (size_t)size);
}

void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map)
{
    map[cpu / 8] &= (uint8_t) ~(1U << (cpu & 7));
}

void xc_cpumap_setcpu(int cpu, xc_cpumap_t map)
{
    map[cpu / 8] |= (uint8_t)(1U << (cpu & 7));
}

int xc_cpumap_testcpu(int cpu, xc_cpumap_t map)
{
    return map[cpu / 8] >> (cpu & 7) & 1;
}

static int vcpuaffinity(xc_interface *xch, uint32_t cmd, uint32_t domid, int vcpu, xc_cpumap_t hard,
                        xc_cpumap_t soft, uint32_t flags)
{
    struct xen_domctl domctl = xc_domctl_for(cmd, domid);
    struct xen_domctl_vcpuaffinity *op = &domctl.u.vcpuaffinity;
    int size = xc_get_cpumap_size(xch);

    if (!(flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return xc_refuse(EINVAL);
    if (size < 0)
        return -1;
    op->vcpu = (uint32_t)vcpu;
    op->flags = flags;
    if (flags & XEN_VCPUAFFINITY_HARD) {
        op->cpumap_hard.nr_bits = (uint32_t)size * 8;
        set_xen_guest_handle_raw(op->cpumap_hard.bitmap, hard);
    }
    if (flags & XEN_VCPUAFFINITY_SOFT) {
        op->cpumap_soft.nr_bits = (uint32_t)size * 8;
        set_xen_guest_handle_raw(op->cpumap_soft.bitmap, soft);
    }
    return xc_domctl(xch, &domctl);
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard_inout,
                        xc_cpumap_t cpumap_soft_inout, uint32_t flags)
{
    return vcpuaffinity(xch, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, cpumap_hard_inout, cpumap_soft_inout,
                        flags);
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard,
                        xc_cpumap_t cpumap_soft, uint32_t flags)
{
    return vcpuaffinity(xch, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, cpumap_hard, cpumap_soft, flags);
}
