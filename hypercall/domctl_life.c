/* SPDX-License-Identifier: MIT */
/* domctl: from the creation of a domain to its destruction, and reports about it. */
#include "affinity.h"
#include "domctl.h"
#include "grant.h"
#include "ring.h"
#include "schedule.h"
#include <string.h>

#define CREATE_REQUIRED (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)
#define CREATE_ALLOWED  (CREATE_REQUIRED | XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain)

/* Since Xen 4.19: one word more, before the part for x86. */
struct createdomain_4_19 {
    uint8_t same[offsetof(struct xen_domctl_createdomain, arch)];
    uint32_t altp2m_opts;
    struct xen_arch_domainconfig arch;
};
_Static_assert(sizeof(struct createdomain_4_19) == 68, "Xen 4.19: struct xen_domctl_createdomain");

/* The caller's structure in the layout of Xen 4.17; returns how long its own is. */
static size_t read_config(const struct domctl_call *c, struct xen_domctl_createdomain *config,
                          uint32_t *altp2m_opts)
{
    const struct createdomain_4_19 *longer = (const void *)&c->op.u;

    *config = c->op.u.createdomain;
    *altp2m_opts = 0;
    if (c->op.interface_version < DOMCTL_VERSION_4_19)
        return sizeof(*config);
    config->arch = longer->arch;
    *altp2m_opts = longer->altp2m_opts;
    return sizeof(*longer);
}

/* Guests are PVH with nested paging; of the devices that Xen can emulate only the local APIC may be asked
 * for. */
static int check_config(const struct xen_domctl_createdomain *config, uint32_t altp2m_opts)
{
    if ((config->flags & CREATE_REQUIRED) != CREATE_REQUIRED || (config->flags & ~CREATE_ALLOWED))
        return refuse(EINVAL, "createdomain: flags %#x", config->flags);
    if (config->iommu_opts || config->vmtrace_size || config->cpupool_id || altp2m_opts)
        return refuse(EINVAL, "createdomain: iommu options %#x, vmtrace size %u, CPU pool %u, altp2m %#x",
                      config->iommu_opts, config->vmtrace_size, config->cpupool_id, altp2m_opts);
    if ((config->arch.emulation_flags & ~XEN_X86_EMU_LAPIC) ||
        (config->arch.misc_flags & ~XEN_X86_MSR_RELAXED))
        return refuse(EINVAL, "createdomain: emulation flags %#x, misc flags %#x",
                      config->arch.emulation_flags, config->arch.misc_flags);
    return 0;
}

/* The caller never learnt its id. */
static void undo_create(struct domain *d)
{
    int rc;

    do { /* others may have found it, and wait for the lock */
        spin_lock(&d->domctl_lock);
        rc = domain_kill(d);
        spin_unlock(&d->domctl_lock);
    } while (rc == -ERESTART);
}

int domctl_createdomain(struct domctl_call *c)
{
    struct xen_domctl_createdomain config;
    uint32_t altp2m_opts;
    size_t size = read_config(c, &config, &altp2m_opts);
    struct domain *d;
    int rc = check_config(&config, altp2m_opts);

    if (rc)
        return rc;
    rc = domain_create(c->op.domain, config.max_vcpus, &d);
    if (rc)
        return rc;
    spin_lock(&d->domctl_lock); /* others see the domain already */
    memcpy(d->handle, config.handle, sizeof(d->handle));
    WRITE_ONCE(d->events.max_port, MIN(config.max_evtchn_port, (uint32_t)INT32_MAX));
    grant_set_limits(d, (uint32_t)config.max_grant_frames, (uint32_t)config.max_maptrack_frames);
    spin_unlock(&d->domctl_lock);
    c->op.domain = d->domid;
    rc = domctl_copy_back(c, size);
    if (rc)
        undo_create(d);
    domain_put(d);
    return rc;
}

int domctl_destroydomain(struct domctl_call *c)
{
    int rc;

    spin_lock(&c->d->domctl_lock);
    rc = domain_kill(c->d);
    spin_unlock(&c->d->domctl_lock);
    return rc;
}

int domctl_pausedomain(struct domctl_call *c)
{
    if (c->d == c->v->domain)
        return refuse(EINVAL, "pausedomain: d%u itself", c->d->domid);
    return domain_pause(c->d);
}

int domctl_unpausedomain(struct domctl_call *c)
{
    return domain_unpause(c->d);
}

int domctl_max_mem(struct domctl_call *c)
{
    domain_set_max_pages(&c->d->mem, c->op.u.max_mem.max_memkb >> (PAGE_SHIFT - 10));
    ring_tell_target(c->d);
    return 0;
}

/* Creates the vCPUs that are missing: a call that ran out of memory can be repeated. */
int domctl_max_vcpus(struct domctl_call *c)
{
    struct domain *d = c->d;
    int rc = 0;

    if (d == c->v->domain || c->op.u.max_vcpus.max != d->max_vcpus)
        return refuse(EINVAL, "max_vcpus: %u for d%u, created for %u", c->op.u.max_vcpus.max, d->domid,
                      d->max_vcpus);
    spin_lock(&d->domctl_lock);
    if (READ_ONCE(d->is_dying))
        rc = refuse(ESRCH, "max_vcpus: d%u is dying", d->domid);
    for (unsigned int i = 0; rc == 0 && i < d->max_vcpus; i++)
        if (!d->vcpu[i])
            rc = domain_add_vcpu(d, i);
    domain_update_node_affinity(d);
    spin_unlock(&d->domctl_lock);
    return rc;
}

static uint32_t state_flags(const struct domain *d)
{
    uint32_t flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;

    if (READ_ONCE(d->is_dying))
        flags |= XEN_DOMINF_dying;
    if (__atomic_load_n(&d->shut_down, __ATOMIC_ACQUIRE))
        flags |= XEN_DOMINF_shutdown | (uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift;
    if (__atomic_load_n(&d->tool_pauses, __ATOMIC_RELAXED) > 0)
        flags |= XEN_DOMINF_paused;
    return flags;
}

/* A domain is blocked when none of its vCPUs wants to run, also when it has none. */
static void add_vcpu_info(struct vcpu *v, struct xen_domctl_getdomaininfo *info)
{
    info->max_vcpu_id = v->id;
    info->cpu_time += sched_cpu_time(v);
    if (!vcpu_is_up(v))
        return;
    info->nr_online_vcpus++;
    if (READ_ONCE(v->state) != VCPU_BLOCKED)
        info->flags &= ~XEN_DOMINF_blocked;
    if (READ_ONCE(v->running))
        info->flags |= XEN_DOMINF_running;
}

void fill_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    struct domain_mem_info mem;

    spin_lock(&d->domctl_lock);
    domain_mem_info(&d->mem, &mem);
    memset(info, 0, sizeof(*info));
    info->domain = d->domid;
    info->flags = state_flags(d) | XEN_DOMINF_blocked;
    info->tot_pages = mem.tot_pages;
    info->max_pages = mem.max_pages;
    info->outstanding_pages = mem.outstanding_pages;
    info->shared_info_frame =
        d->page[DOMAIN_PAGE_SHARED_INFO] ? d->page_gfn[DOMAIN_PAGE_SHARED_INFO].v : ~0UL;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    info->gpaddr_bits = 48;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            add_vcpu_info(d->vcpu[i], info);
    spin_unlock(&d->domctl_lock);
}

/* As in Xen, the first domain whose id is not below the one asked for. */
int domctl_getdomaininfo(struct domctl_call *c)
{
    c->d = domain_get_next(c->op.domain);
    if (!c->d)
        return refuse(ESRCH, "getdomaininfo: no domain from %u on", c->op.domain);
    fill_domain_info(c->d, &c->op.u.getdomaininfo);
    c->op.domain = c->d->domid;
    c->copy_back = true;
    return 0;
}
