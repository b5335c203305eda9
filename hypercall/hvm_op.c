/* SPDX-License-Identifier: MIT */
/* hvm_op: a domain's parameters, numbers that its builder and it leave for each other and for the hypervisor;
 * and how events reach its vCPUs. */
#include "event.h"
#include "guest_apic.h"
#include "hypercall.h"
#include "ring.h"
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

/* As in Xen 4.17: what a guest may read and write of its own; builders may read all, and write all but the
 * last group, that once only. */
#define BIT(param) (1UL << HVM_PARAM_##param)
#define GUEST_WRITES                                                                                         \
    (BIT(CALLBACK_IRQ) | BIT(VM86_TSS) | BIT(VM86_TSS_SIZED) | BIT(ACPI_IOPORTS_LOCATION) |                  \
     BIT(VM_GENERATION_ID_ADDR) | BIT(STORE_EVTCHN) | BIT(CONSOLE_EVTCHN) | BIT(X87_FIP_WIDTH))
#define GUEST_READS                                                                                          \
    (BIT(CALLBACK_IRQ) | BIT(VM86_TSS) | BIT(VM86_TSS_SIZED) | BIT(STORE_PFN) | BIT(STORE_EVTCHN) |          \
     BIT(CONSOLE_PFN) | BIT(CONSOLE_EVTCHN) | BIT(ALTP2M) | BIT(X87_FIP_WIDTH))
#define ONCE (BIT(VIRIDIAN) | BIT(IOREQ_SERVER_PFN) | BIT(NR_IOREQ_SERVER_PAGES) | BIT(ALTP2M) | BIT(MCA_CAP))
/* Numbers that mean nothing any more. */
#define GONE                                                                                                 \
    (BIT(PAE_ENABLED) | BIT(DM_DOMAIN) | BIT(MEMORY_EVENT_CR0) | BIT(MEMORY_EVENT_CR3) |                     \
     BIT(MEMORY_EVENT_CR4) | BIT(MEMORY_EVENT_INT3) | BIT(NESTEDHVM) | BIT(MEMORY_EVENT_SINGLE_STEP) |       \
     BIT(BUFIOREQ_EVTCHN) | BIT(MEMORY_EVENT_MSR))

static bool is_one_of(uint64_t set, uint32_t index)
{
    return set >> index & 1;
}

static int may_use(const struct vcpu *v, const struct domain *d, uint64_t guest_may, uint32_t index)
{
    if (is_one_of(GONE, index))
        return refuse(EINVAL, "hvm_op: parameter %u is gone", index);
    if (d == v->domain && !is_one_of(guest_may, index))
        return refuse(EPERM, "hvm_op: parameter %u is for d%u's builder", index, d->domid);
    return 0;
}

/* Two of them say where a ring is that the hypervisor serves. */
static int act_on_param(struct domain *d, const struct xen_hvm_param *p) REQUIRES(d->domctl_lock)
{
    if (p->index == HVM_PARAM_CONSOLE_PFN)
        return ring_open(d, RING_CONSOLE, p->value);
    if (p->index == HVM_PARAM_STORE_PFN)
        return ring_open(d, RING_STORE, p->value);
    return 0;
}

/* The parameter that ARG names, and its domain with a reference. */
static int read_param(struct vcpu *v, guest_ptr_t arg, struct xen_hvm_param *p, struct domain **d)
{
    if (arch_copy_from_guest(p, arg, sizeof(*p)))
        return refuse(EFAULT, "hvm_op: parameter at %#lx", arg.va);
    if (p->index >= HVM_NR_PARAMS)
        return refuse(EINVAL, "hvm_op: parameter %u of %u", p->index, HVM_NR_PARAMS);
    return find_target(v, p->domid, d);
}

static int set_param(const struct vcpu *v, struct domain *d, const struct xen_hvm_param *p)
{
    uint64_t *own = &d->hvm_param[p->index];
    int rc = may_use(v, d, GUEST_WRITES, p->index);

    if (rc)
        return rc;
    spin_lock(&d->domctl_lock);
    if (is_one_of(ONCE, p->index) && *own && *own != p->value)
        rc = refuse(EEXIST, "hvm_op: parameter %u of d%u is %#lx", p->index, d->domid, *own);
    else
        rc = act_on_param(d, p);
    if (rc == 0)
        WRITE_ONCE(*own, p->value); /* others read it without the lock */
    spin_unlock(&d->domctl_lock);
    return rc;
}

static int64_t hvm_op_set_param(struct vcpu *v, const struct hypercall *call, guest_ptr_t arg)
{
    struct xen_hvm_param p;
    struct domain *d;
    int rc = read_param(v, arg, &p, &d);

    if (rc)
        return rc;
    rc = set_param(v, d, &p);
    if (rc == 0 && p.index == HVM_PARAM_CALLBACK_IRQ && d == v->domain)
        event_latch_width(d, call->compat);
    domain_put(d);
    return rc;
}

static int64_t hvm_op_get_param(struct vcpu *v, const struct hypercall *call UNUSED, guest_ptr_t arg)
{
    struct xen_hvm_param p;
    struct domain *d;
    int rc = read_param(v, arg, &p, &d);

    if (rc)
        return rc;
    rc = may_use(v, d, GUEST_READS, p.index);
    p.value = READ_ONCE(d->hvm_param[p.index]);
    domain_put(d);
    if (rc == 0 && arch_copy_to_guest(arg, &p, sizeof(p)))
        return refuse(EFAULT, "hvm_op: result to %#lx", arg.va);
    return rc;
}

/* As in Xen there is an interrupt at once, for what may be pending already. */
static int64_t hvm_op_set_evtchn_upcall_vector(struct vcpu *v, const struct hypercall *call UNUSED,
                                               guest_ptr_t arg)
{
    struct xen_hvm_evtchn_upcall_vector op;
    struct vcpu *of;

    if (arch_copy_from_guest(&op, arg, sizeof(op)))
        return refuse(EFAULT, "hvm_op: upcall vector at %#lx", arg.va);
    if (op.vector < 16)
        return refuse(EINVAL, "hvm_op: upcall vector %u", op.vector);
    of = domain_vcpu(v->domain, op.vcpu);
    if (!of)
        return refuse(ENOENT, "hvm_op: d%u has no vCPU %u", v->domain->domid, op.vcpu);
    WRITE_ONCE(of->upcall_vector, op.vector);
    vcpu_notify(of);
    return 0;
}

static int64_t (*const operations[])(struct vcpu *v, const struct hypercall *call, guest_ptr_t arg) = {
#define HVM_OP(name, structure, who, errors) [HVMOP_##name] = hvm_op_##name,
#include "calls.h"
};

/* (command, argument) */
int64_t do_hvm_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];

    if (cmd >= ARRAY_SIZE(operations) || !operations[cmd])
        return refuse(ENOSYS, "hvm_op: operation %u", cmd);
    return operations[cmd](v, call, guest_ptr(call->arg[1]));
}
