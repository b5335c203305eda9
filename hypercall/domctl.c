/* SPDX-License-Identifier: MIT */
/* domctl: the table of operations on domains, and the checks that they share. */
#include "domctl.h"

/* From calls.h, by operation number. */
static const struct domctl_desc {
    uint16_t size; /* in xen_domctl.u: as much of it is copied back when the handler says so */
    bool finds;    /* op.domain need not name a domain */
    const char *name;
    int (*handler)(struct domctl_call *c);
} operations[] = {
#define DOMCTL(name, structure, who, finds, errors)                                                          \
    [XEN_DOMCTL_##name] = {sizeof(structure), finds, #name, domctl_##name},
#include "calls.h"
};

int domctl_copy_back(const struct domctl_call *c, size_t size)
{
    if (arch_copy_to_guest(c->arg, &c->op, offsetof(struct xen_domctl, u) + size))
        return refuse(EFAULT, "domctl %u: result to %#lx", c->op.cmd, c->arg.va);
    return 0;
}

static int run_operation(const struct domctl_desc *desc, struct domctl_call *c)
{
    int rc;

    if (!desc->finds) {
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

/* The versions of Xen 4.17, 4.18, 4.19 to 4.21, and 4.22: the same but for createdomain. */
static bool version_is_known(uint32_t version)
{
    return version >= ALLOD_DOMCTL_VERSION_MIN && version <= ALLOD_DOMCTL_VERSION_MAX;
}

/* The order of checks is docs/claims.md section 3, step 1. */
int64_t do_domctl(struct vcpu *v, struct hypercall *call)
{
    struct domctl_call c = {.v = v, .arg = guest_ptr(call->arg[0])};

    if (arch_copy_from_guest(&c.op, c.arg, sizeof(c.op)))
        return refuse(EFAULT, "domctl: argument at %#lx", c.arg.va);
    v->call_op = c.op.cmd;
    if (!version_is_known(c.op.interface_version))
        return refuse(EACCES, "domctl: interface version %#x, not %#x to %#x", c.op.interface_version,
                      ALLOD_DOMCTL_VERSION_MIN, ALLOD_DOMCTL_VERSION_MAX);
    if (!v->domain->privileged)
        return refuse(EPERM, "domctl: d%u is not privileged", v->domain->domid);
    if (c.op.cmd >= ARRAY_SIZE(operations) || !operations[c.op.cmd].handler)
        return refuse(ENOSYS, "domctl: operation %u", c.op.cmd);
    return run_operation(&operations[c.op.cmd], &c);
}
