/* SPDX-License-Identifier: MIT */
/* The life of a domain: create, limits, pause, read, destroy. */
#include "xc_private.h"

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_createdomain, *pdomid);

    domctl.u.createdomain = *config;
    if (xc_domctl(xch, &domctl))
        return -1;
    *pdomid = domctl.domain;
    *config = domctl.u.createdomain;
    return 0;
}

int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_max_vcpus, domid);

    domctl.u.max_vcpus.max = max;
    return xc_domctl(xch, &domctl);
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_pausedomain, domid);

    return xc_domctl(xch, &domctl);
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_unpausedomain, domid);

    return xc_domctl(xch, &domctl);
}

int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_destroydomain, domid);

    return xc_domctl(xch, &domctl);
}

int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
    struct sched_remote_shutdown how = {.domain_id = (domid_t)domid, .reason = (unsigned int)reason};

    return (int)xc_call(xch, "sched_op", SCHEDOP_remote_shutdown, __HYPERVISOR_sched_op,
                        SCHEDOP_remote_shutdown, (uintptr_t)&how);
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_max_mem, domid);

    domctl.u.max_mem.max_memkb = max_memkb;
    return xc_domctl(xch, &domctl);
}

int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_setdomainhandle, domid);

    memcpy(domctl.u.setdomainhandle.handle, handle, sizeof(domctl.u.setdomainhandle.handle));
    return xc_domctl(xch, &domctl);
}

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t time_offset_seconds)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_settimeoffset, domid);

    domctl.u.settimeoffset.time_offset_seconds = time_offset_seconds;
    return xc_domctl(xch, &domctl);
}

int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb,
                      unsigned int mode)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_shadow_op, domid);
    int rc;

    domctl.u.shadow_op.op = sop;
    domctl.u.shadow_op.mode = mode;
    domctl.u.shadow_op.mb = mb ? *mb : 0;
    rc = xc_domctl(xch, &domctl);
    if (mb)
        *mb = domctl.u.shadow_op.mb;
    return rc;
}

int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_get_paging_mempool_size, domid);

    if (xc_domctl(xch, &domctl))
        return -1;
    *size = domctl.u.paging_mempool.size;
    return 0;
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_set_paging_mempool_size, domid);

    domctl.u.paging_mempool.size = size;
    return xc_domctl(xch, &domctl);
}
