/* SPDX-License-Identifier: MIT */
/* vcpu_op: what a guest does with its own vCPUs. Timers and the other operations come with event channels. */
#include "compat.h"
#include "domheap.h"
#include "schedule.h"
#include <string.h>
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
    if (c->v->initialised)
        rc = refuse(EEXIST, "vcpu_op: d%u vCPU %u has its state", d->domid, c->v->id);
    else
        rc = arch_vcpu_set_start(c->v->arch, &ctx);
    if (rc == 0)
        c->v->initialised = true;
    spin_unlock(&d->domctl_lock);
    return rc;
}

static int64_t vcpu_op_up(const struct vcpu_call *c)
{
    if (!READ_ONCE(c->v->initialised))
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

/* Its vcpu_info moves out of the shared info page, and as in Xen everything in it is pending: the guest looks
 * at all of it once, so that nothing that came before is lost. */
static void move_info(struct vcpu *v, bool compat, uint8_t *to)
{
    const struct shared_info *shared = v->domain->page[DOMAIN_PAGE_SHARED_INFO];
    struct vcpu_info info = {0};

    if (shared && v->id < XEN_LEGACY_MAX_VCPUS)
        info = shared->vcpu_info[v->id];
    info.evtchn_upcall_pending = 1;
    if (compat)
        memset((uint8_t *)&info + 4, 0xff, 4); /* evtchn_pending_sel of 32-bit code */
    else
        info.evtchn_pending_sel = ~0UL;
    memcpy(to, &info, sizeof(info));
}

/* The page stays referenced until the domain ends. */
static int register_info(struct vcpu *v, bool compat, gfn_t g, uint32_t offset)
    REQUIRES(v->domain->domctl_lock)
{
    struct page_info *pg;

    if (v->info)
        return refuse(EINVAL, "vcpu_op: d%u vCPU %u has its vcpu_info", v->domain->domid, v->id);
    pg = get_guest_page(v->domain, g);
    if (!pg)
        return refuse(EINVAL, "vcpu_op: d%u has no page at gfn %#lx", v->domain->domid, g.v);
    v->info = (uint8_t *)page_to_virt(pg) + offset;
    move_info(v, compat, v->info);
    return 0;
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
    rc = register_info(c->v, c->compat, gfn(info.mfn), info.offset);
    spin_unlock(&c->v->domain->domctl_lock);
    return rc;
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

    if (id >= v->domain->max_vcpus || !(c.v = __atomic_load_n(&v->domain->vcpu[id], __ATOMIC_ACQUIRE)))
        return refuse(ENOENT, "vcpu_op: d%u has no vCPU %u", v->domain->domid, id);
    if (cmd >= ARRAY_SIZE(operations) || !operations[cmd])
        return refuse(ENOSYS, "vcpu_op: operation %u", cmd);
    return operations[cmd](&c);
}
