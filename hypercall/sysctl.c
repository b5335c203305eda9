/* SPDX-License-Identifier: MIT */
/* sysctl: the table of operations on the machine, and the checks that they share. */
#include "sysctl.h"

_Static_assert(sizeof(struct xen_sysctl) == 136, "sysctl.h: struct xen_sysctl");
_Static_assert(offsetof(struct xen_sysctl, u) == 8, "sysctl.h: struct xen_sysctl");
_Static_assert(sizeof(struct xen_sysctl_claiminfo) == 40, "public/claims.h");
_Static_assert(sizeof(struct xen_claiminfo_node) == 24, "public/claims.h");
_Static_assert(sizeof(struct xen_sysctl_domain_map) == 32, "public/claims.h");
_Static_assert(sizeof(struct xen_domain_map_run) == 24, "public/claims.h");
_Static_assert(sizeof(struct xen_sysctl_allod_debug) == 32, "public/claims.h");

#define OP(name)                                                                                             \
    {                                                                                                        \
        XEN_SYSCTL_##name, sizeof(struct xen_sysctl_##name), #name, sysctl_##name                            \
    }

/* All are privileged. */
static const struct sysctl_desc operations[] = {
    OP(physinfo),  OP(getdomaininfolist), OP(cputopoinfo), OP(numainfo),
    OP(claiminfo), OP(domain_map),        OP(allod_debug),
};

static const struct sysctl_desc *find_operation(uint32_t cmd)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
        if (operations[i].cmd == cmd)
            return &operations[i];
    return NULL;
}

int64_t do_sysctl(struct vcpu *v, struct hypercall *call)
{
    struct sysctl_call c = {.v = v};
    guest_ptr_t arg = guest_ptr(call->arg[0]);
    const struct sysctl_desc *desc;
    int rc;

    if (arch_copy_from_guest(&c.op, arg, sizeof(c.op)))
        return refuse(EFAULT, "sysctl: argument at %#lx", arg.va);
    if (c.op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return refuse(EACCES, "sysctl: interface version %#x, not %#x", c.op.interface_version,
                      XEN_SYSCTL_INTERFACE_VERSION);
    if (!v->domain->privileged)
        return refuse(EPERM, "sysctl: d%u is not privileged", v->domain->domid);
    desc = find_operation(c.op.cmd);
    if (!desc)
        return refuse(ENOSYS, "sysctl: operation %u", c.op.cmd);
    rc = desc->handler(&c);
    if (c.copy_back && arch_copy_to_guest(arg, &c.op, offsetof(struct xen_sysctl, u) + desc->size))
        rc = refuse(EFAULT, "%s: result to %#lx", desc->name, arg.va);
    return rc;
}
