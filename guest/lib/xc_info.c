/* SPDX-License-Identifier: MIT */
/* Reading domains: one by one (domctl) and as a list (sysctl). */
#include "xc_private.h"

static unsigned int flag(uint32_t flags, uint32_t bit)
{
    return (flags & bit) != 0;
}

static xc_dominfo_t dominfo(domid_t domid, const struct xen_domctl_getdomaininfo *i)
{
    xc_dominfo_t info = {
        .domid = domid,
        .ssidref = i->ssidref,
        .dying = flag(i->flags, XEN_DOMINF_dying),
        .shutdown = flag(i->flags, XEN_DOMINF_shutdown),
        .paused = flag(i->flags, XEN_DOMINF_paused),
        .blocked = flag(i->flags, XEN_DOMINF_blocked),
        .running = flag(i->flags, XEN_DOMINF_running),
        .hvm = flag(i->flags, XEN_DOMINF_hvm_guest),
        .debugged = flag(i->flags, XEN_DOMINF_debugged),
        .xenstore = flag(i->flags, XEN_DOMINF_xs_domain),
        .hap = flag(i->flags, XEN_DOMINF_hap),
        .shutdown_reason = (i->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask,
        .nr_pages = i->tot_pages,
        .nr_outstanding_pages = i->outstanding_pages,
        .nr_shared_pages = i->shr_pages,
        .nr_paged_pages = i->paged_pages,
        .shared_info_frame = i->shared_info_frame,
        .cpu_time = i->cpu_time,
        .max_memkb = i->max_pages << (XC_PAGE_SHIFT - 10),
        .nr_online_vcpus = i->nr_online_vcpus,
        .max_vcpu_id = i->max_vcpu_id,
        .cpupool = i->cpupool,
        .gpaddr_bits = i->gpaddr_bits,
        .arch_config = i->arch_config,
    };

    /* As in Xen's library: a crash is a shutdown, but is reported as a crash alone. */
    if (info.shutdown && info.shutdown_reason == SHUTDOWN_crash) {
        info.shutdown = 0;
        info.crashed = 1;
    }
    memcpy(info.handle, i->handle, sizeof(info.handle));
    return info;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms, xc_dominfo_t *info)
{
    unsigned int nr = 0;

    for (uint32_t next = first_domid; nr < max_doms && next < DOMID_FIRST_RESERVED; nr++) {
        struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_getdomaininfo, next);

        if (xc_domctl(xch, &domctl))
            return nr ? (int)nr : -1;
        info[nr] = dominfo(domctl.domain, &domctl.u.getdomaininfo);
        next = domctl.domain + 1U;
    }
    return (int)nr;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_getdomaininfolist};

    sysctl.u.getdomaininfolist.first_domain = (domid_t)first_domain;
    sysctl.u.getdomaininfolist.max_domains = max_domains;
    set_xen_guest_handle_raw(sysctl.u.getdomaininfolist.buffer, info);
    return xc_sysctl(xch, &sysctl) ? -1 : (int)sysctl.u.getdomaininfolist.num_domains;
}

long xc_get_tot_pages(xc_interface *xch, uint32_t domid)
{
    xc_dominfo_t info;

    if (xc_domain_getinfo(xch, domid, 1, &info) != 1)
        return -1;
    return info.domid == domid ? (long)info.nr_pages : xc_refuse(ESRCH); /* it was the next one */
}
