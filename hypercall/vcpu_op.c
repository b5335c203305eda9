/* SPDX-License-Identifier: MIT */
/* vcpu_op: what a guest does with its own vCPUs; and set_timer_op, which is older than its timers. */
#include "compat.h"
#include "domain_pages.h"
#include "domheap.h"
#include "event.h"
#include "schedule.h"
#include <xen/hvm/hvm_vcpu.h>
#include <xen/vcpu.h>

/* One vcpu_op under way: CALLER asks something about V, a vCPU of the same domain. */
struct vcpu_call {
    struct vcpu *caller, *v;
    bool compat;
    guest_ptr_t arg;
};

static int64_t vcpu_op_initialise(const struct vcpu_call *c)
{
    struct domain *d = c->v->domain;
    struct vcpu_hvm_context ctx;
    int rc;

    if (arch_copy_from_guest(&ctx, c->arg, sizeof(ctx)))
        return refuse(EFAULT, "vcpu_op: context at %#lx", c->arg.va);
    spin_lock(&d->domctl_lock);
    if (READ_ONCE(c->v->initialised))
        rc = refuse(EEXIST, "vcpu_op: d%u vCPU %u has its state", d->domid, c->v->id);
    else
        rc = arch_vcpu_set_start(c->v->arch, &ctx);
    if (rc == 0)
        __atomic_store_n(&c->v->initialised, true, __ATOMIC_RELEASE); /* after the state */
    spin_unlock(&d->domctl_lock);
    return rc;
}

static int64_t vcpu_op_up(const struct vcpu_call *c)
{
    if (!__atomic_load_n(&c->v->initialised, __ATOMIC_ACQUIRE))
        return refuse(EINVAL, "vcpu_op: d%u vCPU %u has no state", c->v->domain->domid, c->v->id);
    vcpu_up(c->v);
    return 0;
}

static int64_t vcpu_op_down(const struct vcpu_call *c)
{
    vcpu_down(c->v);
    return 0;
}

static int64_t vcpu_op_is_up(const struct vcpu_call *c)
{
    return vcpu_is_up(c->v);
}

static int64_t vcpu_op_get_runstate_info(const struct vcpu_call *c)
{
    struct vcpu_runstate_info info;

    sched_runstate(c->v, &info);
    if (guest_struct_write(c->compat, &guest_vcpu_runstate_info, c->arg, &info))
        return refuse(EFAULT, "vcpu_op: runstate to %#lx", c->arg.va);
    return 0;
}

/* What cannot be written is not: the guest has unmapped it, or changed its tables. */
void upcall_switch(struct vcpu *v, bool leaves)
{
    struct vcpu_runstate_info info;
    const uint64_t area = READ_ONCE(v->runstate_area);

    if (likely(area == ~0UL))
        return;
    sched_runstate_switch(v, leaves, &info);
    guest_struct_write(READ_ONCE(v->runstate_compat), &guest_vcpu_runstate_info, guest_ptr(area), &info);
}

/* For another vCPU it is written when that one comes to a CPU: the address is in its own tables. */
static int64_t vcpu_op_register_runstate_memory_area(const struct vcpu_call *c)
{
    uint64_t area;

    if (guest_words_read(c->compat, &area, c->arg, 0, 1))
        return refuse(EFAULT, "vcpu_op: area at %#lx", c->arg.va);
    WRITE_ONCE(c->v->runstate_compat, c->compat);
    WRITE_ONCE(c->v->runstate_area, area ? area : ~0UL);
    if (c->v == c->caller)
        upcall_switch(c->v, false);
    return 0;
}

/* The page stays referenced until the domain ends. */
static int register_info(struct vcpu *v, gfn_t g, uint32_t offset) REQUIRES(v->domain->domctl_lock)
{
    struct domain *d = v->domain;
    struct page_info *pg = get_guest_page(d, g);
    int rc;

    if (!pg)
        return refuse(EINVAL, "vcpu_op: d%u has no page at gfn %#lx", d->domid, g.v);
    rc = event_register_info(v, (uint8_t *)page_to_virt(pg) + offset);
    if (rc)
        put_page(&d->mem, pg);
    return rc;
}

static int64_t vcpu_op_register_vcpu_info(const struct vcpu_call *c)
{
    struct vcpu_register_vcpu_info info;
    int rc;

    if (arch_copy_from_guest(&info, c->arg, sizeof(info)))
        return refuse(EFAULT, "vcpu_op: vcpu_info at %#lx", c->arg.va);
    if (info.offset > PAGE_SIZE - sizeof(struct vcpu_info) || (c->v != c->caller && vcpu_is_up(c->v)))
        return refuse(EINVAL, "vcpu_op: vcpu_info of vCPU %u at offset %u", c->v->id, info.offset);
    spin_lock(&c->v->domain->domctl_lock);
    rc = register_info(c->v, gfn(info.mfn), info.offset);
    spin_unlock(&c->v->domain->domctl_lock);
    return rc;
}

/* ---- timers, in ns of system time ---- */

#define MIN_PERIOD_NS 1000000UL /* as in Xen */
#define MAX_PERIOD_NS (INT64_MAX >> 2)
#define FAR_AWAY_NS   (1UL << 50) /* 13 days: no guest means it */
#define INSTEAD_NS    100000000UL

static int64_t vcpu_op_set_periodic_timer(const struct vcpu_call *c)
{
    struct vcpu_set_periodic_timer set;

    if (arch_copy_from_guest(&set, c->arg, sizeof(set)))
        return refuse(EFAULT, "vcpu_op: timer at %#lx", c->arg.va);
    if (set.period_ns < MIN_PERIOD_NS || set.period_ns > MAX_PERIOD_NS)
        return refuse(EINVAL, "vcpu_op: period of %lu ns", set.period_ns);
    event_set_periodic(c->v, set.period_ns);
    return 0;
}

static int64_t vcpu_op_stop_periodic_timer(const struct vcpu_call *c)
{
    event_set_periodic(c->v, 0);
    return 0;
}

/* A vCPU sets its own only. */
static int64_t vcpu_op_set_singleshot_timer(const struct vcpu_call *c)
{
    struct vcpu_set_singleshot_timer set;

    if (c->v != c->caller)
        return refuse(EINVAL, "vcpu_op: timer of vCPU %u by vCPU %u", c->v->id, c->caller->id);
    if (guest_struct_read(c->compat, &guest_vcpu_set_singleshot_timer, &set, c->arg))
        return refuse(EFAULT, "vcpu_op: timer at %#lx", c->arg.va);
    if ((set.flags & VCPU_SSHOTTMR_future) && set.timeout_abs_ns < arch_now())
        return refuse(ETIME, "vcpu_op: timer at %lu, now is %lu", set.timeout_abs_ns, arch_now());
    event_set_singleshot(c->v, set.timeout_abs_ns);
    return 0;
}

static int64_t vcpu_op_stop_singleshot_timer(const struct vcpu_call *c)
{
    if (c->v != c->caller)
        return refuse(EINVAL, "vcpu_op: timer of vCPU %u by vCPU %u", c->v->id, c->caller->id);
    event_stop_singleshot(c->v);
    return 0;
}

/* (time), by 32-bit code (its low half, its high half); 0: none. As in Xen a time far away, or before 0, is
 * one that the guest computed wrongly: it is woken soon, but not at once for ever. */
int64_t do_set_timer_op(struct vcpu *v, struct hypercall *call)
{
    uint64_t at = call->compat ? (uint32_t)call->arg[0] | call->arg[1] << 32 : call->arg[0], now = arch_now();

    if (at == 0)
        event_stop_singleshot(v);
    else if (at > INT64_MAX || (at > now && at - now >= FAR_AWAY_NS))
        event_set_singleshot(v, now + INSTEAD_NS);
    else
        event_set_singleshot(v, at);
    return 0;
}

static int64_t (*const operations[])(const struct vcpu_call *c) = {
#define VCPU_OP(name, structure, who, errors) [VCPUOP_##name] = vcpu_op_##name,
#include "calls.h"
};

/* (command, vCPU, argument) */
int64_t do_vcpu_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0], id = (uint32_t)call->arg[1];
    struct vcpu_call c = {.caller = v, .compat = call->compat, .arg = guest_ptr(call->arg[2])};

    c.v = domain_vcpu(v->domain, id);
    if (!c.v)
        return refuse(ENOENT, "vcpu_op: d%u has no vCPU %u", v->domain->domid, id);
    if (cmd >= ARRAY_SIZE(operations) || !operations[cmd])
        return refuse(ENOSYS, "vcpu_op: operation %u", cmd);
    return operations[cmd](&c);
}
