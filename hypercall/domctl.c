/* SPDX-License-Identifier: MIT */
/* domctl: the table of operations on domains, and the checks that they share. */
#include "domctl.h"

_Static_assert(sizeof(struct xen_domctl) == 144, "domctl.h: struct xen_domctl");
_Static_assert(offsetof(struct xen_domctl, u) == 16, "domctl.h: struct xen_domctl");
_Static_assert(sizeof(struct xen_memory_claim) == 16, "spec/claims.md section 8");
_Static_assert(sizeof(struct xen_domctl_claim_memory) == 16, "spec/claims.md section 8");

#define OP(name, structure)                                                                                  \
    {                                                                                                        \
        XEN_DOMCTL_##name, sizeof(structure), false, #name, domctl_##name                                    \
    }
#define OP_FIND(name, structure)                                                                             \
    {                                                                                                        \
        XEN_DOMCTL_##name, sizeof(structure), true, #name, domctl_##name                                     \
    }
#define OP_BARE(name)                                                                                        \
    {                                                                                                        \
        XEN_DOMCTL_##name, 0, false, #name, domctl_##name                                                    \
    }

/* All are privileged. */
static const struct domctl_desc operations[] = {
    OP_FIND(createdomain, struct xen_domctl_createdomain),
    OP_BARE(destroydomain),
    OP_BARE(pausedomain),
    OP_BARE(unpausedomain),
    OP_FIND(getdomaininfo, struct xen_domctl_getdomaininfo),
    OP(max_mem, struct xen_domctl_max_mem),
    OP(max_vcpus, struct xen_domctl_max_vcpus),
    OP(gethvmcontext, struct xen_domctl_hvmcontext),
    OP(sethvmcontext, struct xen_domctl_hvmcontext),
    OP(setnodeaffinity, struct xen_domctl_nodeaffinity),
    OP(getnodeaffinity, struct xen_domctl_nodeaffinity),
    OP(get_paging_mempool_size, struct xen_domctl_paging_mempool),
    OP(set_paging_mempool_size, struct xen_domctl_paging_mempool),
    OP(claim_memory, struct xen_domctl_claim_memory),
};

static const struct domctl_desc *find_operation(uint32_t cmd)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
        if (operations[i].cmd == cmd)
            return &operations[i];
    return NULL;
}

int domctl_copy_back(const struct domctl_call *c, size_t size)
{
    if (arch_copy_to_guest(c->arg, &c->op, offsetof(struct xen_domctl, u) + size))
        return refuse(EFAULT, "domctl %u: result to %#lx", c->op.cmd, c->arg.va);
    return 0;
}

static int run_operation(const struct domctl_desc *desc, struct domctl_call *c)
{
    int rc;

    if (!desc->no_target) {
        c->d = domain_get(c->op.domain);
        if (!c->d)
            return refuse(ESRCH, "%s: no domain %u", desc->name, c->op.domain);
    }
    rc = desc->handler(c);
    if (c->d)
        domain_put(c->d);
    if (c->copy_back && domctl_copy_back(c, desc->size))
        rc = -EFAULT;
    return rc;
}

/* The order of checks is spec/claims.md section 3, step 1. */
int64_t do_domctl(struct vcpu *v, struct hypercall *call)
{
    struct domctl_call c = {.v = v, .arg = guest_ptr(call->arg[0])};
    const struct domctl_desc *desc;

    if (arch_copy_from_guest(&c.op, c.arg, sizeof(c.op)))
        return refuse(EFAULT, "domctl: argument at %#lx", c.arg.va);
    if (c.op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return refuse(EACCES, "domctl: interface version %#x, not %#x", c.op.interface_version,
                      XEN_DOMCTL_INTERFACE_VERSION);
    if (!v->domain->privileged)
        return refuse(EPERM, "domctl: d%u is not privileged", v->domain->domid);
    desc = find_operation(c.op.cmd);
    if (!desc)
        return refuse(ENOSYS, "domctl: operation %u", c.op.cmd);
    return run_operation(desc, &c);
}
