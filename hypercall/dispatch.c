/* SPDX-License-Identifier: MIT */
/* The way from a guest's call to its handler. */
#include "domheap.h"
#include "hypercall.h"

static const struct hypercall_desc {
    uint8_t args; /* how many it takes: the others are not looked at */
    int64_t (*handler)(struct vcpu *v, struct hypercall *call);
} hypercalls[] = {
#define HYPERCALL(name, args, errors) [__HYPERVISOR_##name] = {args, do_##name},
#include "calls.h"
};

/* In v->call_op is what the call turned out to be. */
static void check_call(struct vcpu *v, uint64_t nr, int64_t result)
{
    BUG_ON(!heap_check());
    if (result < 0 && result > -4096 && result != -ERESTART && !call_declares(nr, v->call_op, (int)-result))
        panic("hypercall %lu operation %u: error %ld is not in calls.h", nr, v->call_op, -result);
}

static void trace_call(struct vcpu *v, uint64_t nr, int64_t result)
{
    const struct call_desc *desc = call_find(nr, v->call_op);

    trace(TRACE_CALL, "d%u %s (%lu, %u): %ld", v->domain->domid, desc ? desc->name : "call", nr, v->call_op,
          result);
}

int64_t hypercall_dispatch(struct vcpu *v, struct hypercall *call)
{
    uint64_t nr = call->nr;
    int64_t result;

    v->call_op = (uint32_t)call->arg[0];
    if (nr < ARRAY_SIZE(hypercalls) && hypercalls[nr].handler)
        result = hypercalls[nr].handler(v, call);
    else
        result = refuse(ENOSYS, "d%u: hypercall %lu", v->domain->domid, nr);
    if (unlikely(trace_topics & TRACE_CALL))
        trace_call(v, nr, result);
    if (IS_DEBUG && hypercall_checks)
        check_call(v, nr, result);
    return result;
}

int64_t upcall_hypercall(struct vcpu *v, struct hypercall *call)
{
    v->call_work = 0;
    return hypercall_dispatch(v, call);
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
