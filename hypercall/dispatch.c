/* SPDX-License-Identifier: MIT */
/* The table of hypercalls and the way from a guest's call to its handler. */
#include "heap.h"
#include "hypercall.h"

#define CALL(call, args, privilege)                                                                          \
    [__HYPERVISOR_##call] = {__HYPERVISOR_##call, args, privilege, #call, do_##call}

/* domctl and sysctl look at the caller themselves: a wrong version or address is reported first. */
static const struct hypercall_desc hypercalls[] = {
    CALL(memory_op, 2, HC_ANY),  CALL(multicall, 2, HC_ANY), CALL(xen_version, 2, HC_ANY),
    CALL(console_io, 3, HC_ANY), CALL(sched_op, 2, HC_ANY),  CALL(sysctl, 1, HC_ANY),
    CALL(domctl, 1, HC_ANY),
};

bool hypercall_checks;

int64_t hypercall_dispatch(struct vcpu *v, struct hypercall *call)
{
    const struct hypercall_desc *desc;

    if (call->nr >= ARRAY_SIZE(hypercalls) || !hypercalls[call->nr].handler)
        return refuse(ENOSYS, "d%u: hypercall %lu", v->domain->domid, call->nr);
    desc = &hypercalls[call->nr];
    if (desc->privilege == HC_PRIVILEGED && !v->domain->privileged)
        return refuse(EPERM, "d%u: %s", v->domain->domid, desc->name);
    return desc->handler(v, call);
}

int64_t upcall_hypercall(struct vcpu *v, struct hypercall *call)
{
    int64_t result = hypercall_dispatch(v, call);

    if (IS_DEBUG && hypercall_checks)
        BUG_ON(!heap_check());
    return result;
}

int find_target(struct vcpu *v, domid_t domid, struct domain **d)
{
    if (domid == DOMID_SELF)
        domid = v->domain->domid;
    if (domid != v->domain->domid && !v->domain->privileged)
        return refuse(EPERM, "d%u: not privileged to change d%u", v->domain->domid, domid);
    *d = domain_get(domid);
    return *d ? 0 : refuse(ESRCH, "no domain %u", domid);
}

unsigned int max_extent_order(const struct domain *d)
{
    return d->privileged ? MAX_ORDER : 9;
}
