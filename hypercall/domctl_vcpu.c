/* SPDX-License-Identifier: MIT */
/* domctl: reports about vCPUs, where they may run, and what a guest needs before it starts. */
#include "affinity.h"
#include "domctl.h"
#include "guest_time.h"
#include "host_info.h"
#include "schedule.h"

/* As in Xen: -EINVAL beyond the domain's vCPUs, -ESRCH for one that was not created. */
static int find_vcpu(const struct domctl_call *c, uint32_t id, struct vcpu **v)
{
    if (id >= c->d->max_vcpus)
        return refuse(EINVAL, "domctl %u: vCPU %u of %u", c->op.cmd, id, c->d->max_vcpus);
    *v = domain_vcpu(c->d, id);
    return *v ? 0 : refuse(ESRCH, "domctl %u: d%u has no vCPU %u", c->op.cmd, c->d->domid, id);
}

int domctl_getvcpuinfo(struct domctl_call *c)
{
    struct xen_domctl_getvcpuinfo *info = &c->op.u.getvcpuinfo;
    struct vcpu_runstate_info runstate;
    struct vcpu *v;
    int rc = find_vcpu(c, info->vcpu, &v);

    if (rc)
        return rc;
    sched_runstate(v, &runstate);
    info->online = vcpu_is_up(v);
    info->blocked = runstate.state == RUNSTATE_blocked;
    info->running = runstate.state == RUNSTATE_running;
    info->cpu_time = runstate.time[RUNSTATE_running];
    info->cpu = READ_ONCE(v->cpu);
    c->copy_back = true;
    return 0;
}

/* Without any flag, or with a flag and no bitmap, the call asks for nothing. */
static int check_flags(const struct xen_domctl_vcpuaffinity *a)
{
    const uint32_t known = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE;

    if (!(a->flags & known) || (a->flags & ~known) ||
        ((a->flags & XEN_VCPUAFFINITY_HARD) && handle_is_null(a->cpumap_hard.bitmap)) ||
        ((a->flags & XEN_VCPUAFFINITY_SOFT) && handle_is_null(a->cpumap_soft.bitmap)))
        return refuse(EINVAL, "vcpuaffinity: flags %#x", a->flags);
    return 0;
}

/* Returned is what counts now: the affinity as far as there are such CPUs. */
static int read_affinity(const struct xenctl_bitmap *bitmap, struct cpumask *cpus)
{
    *cpus = CPUMASK_NONE;
    return read_bitmap(bitmap, cpus->bits, MAX_CPUS);
}

/* Both maps are read and checked before either is stored; what takes effect is written back first, too. */
static int set_affinity(struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
    REQUIRES(v->domain->domctl_lock)
{
    struct cpumask usable = cpu_online_mask(), hard = v->hard_affinity, soft = v->soft_affinity;
    struct cpumask hard_now, soft_now;
    int rc = 0;

    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = read_affinity(&a->cpumap_hard, &hard);
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = read_affinity(&a->cpumap_soft, &soft);
    if (rc)
        return rc;
    hard_now = cpumask_and(&hard, &usable);
    soft_now = cpumask_and(&soft, &hard_now);
    if (cpumask_is_empty(&hard_now))
        return refuse(EINVAL, "setvcpuaffinity: none of its CPUs exists");
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = write_bitmap(&a->cpumap_hard, hard_now.bits, MAX_CPUS);
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = write_bitmap(&a->cpumap_soft, soft_now.bits, MAX_CPUS);
    if (rc)
        return rc;
    vcpu_set_affinity(v, &hard, &soft);
    domain_update_node_affinity(v->domain);
    return 0;
}

/* The vCPU that an operation on affinity is about, if its flags make sense. */
static int find_vcpu_of(struct domctl_call *c, struct vcpu **v)
{
    int rc = check_flags(&c->op.u.vcpuaffinity);

    return rc ? rc : find_vcpu(c, c->op.u.vcpuaffinity.vcpu, v);
}

int domctl_setvcpuaffinity(struct domctl_call *c)
{
    const struct xen_domctl_vcpuaffinity *a = &c->op.u.vcpuaffinity;
    struct vcpu *v;
    int rc = find_vcpu_of(c, &v);

    if (rc)
        return rc;
    spin_lock(&v->domain->domctl_lock);
    rc = set_affinity(v, a);
    spin_unlock(&v->domain->domctl_lock);
    return rc;
}

/* What was set, of the CPUs that exist: soft even where hard forbids it. */
int domctl_getvcpuaffinity(struct domctl_call *c)
{
    const struct xen_domctl_vcpuaffinity *a = &c->op.u.vcpuaffinity;
    struct vcpu *v;
    int rc = find_vcpu_of(c, &v);

    if (rc)
        return rc;
    spin_lock(&c->d->domctl_lock);
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = write_bitmap(&a->cpumap_hard, v->hard_affinity.bits, host_info.nr_cpus);
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = write_bitmap(&a->cpumap_soft, v->soft_affinity.bits, host_info.nr_cpus);
    spin_unlock(&c->d->domctl_lock);
    return rc;
}

/* As in Xen a page that is not there is -EACCES. */
int domctl_hypercall_init(struct domctl_call *c)
{
    uint64_t g = c->op.u.hypercall_init.gmfn;

    if (arch_hypercall_page_fill(&c->d->arch, gfn(g)))
        return refuse(EACCES, "hypercall_init: d%u has no page at gfn %#lx", c->d->domid, g);
    return 0;
}

int domctl_settimeoffset(struct domctl_call *c)
{
    guest_time_set_offset(c->d, c->op.u.settimeoffset.time_offset_seconds);
    return 0;
}
