/* SPDX-License-Identifier: MIT */
/* sysctl: the table of operations on the machine, and the checks that they share. */
#include "sysctl.h"

#define OWN_FIRST  0x1000U /* our operations' numbers begin here */
#define NR_XEN     64U     /* Xen's are below */
#define INDEX(cmd) ((cmd) < OWN_FIRST ? (cmd) : (cmd)-OWN_FIRST + NR_XEN)

/* From calls.h, Xen's operations first, ours behind them. */
static const struct sysctl_desc {
    uint16_t size; /* in xen_sysctl.u: as much of it is copied back when the handler says so */
    const char *name;
    int (*handler)(struct sysctl_call *c);
} operations[] = {
#define SYSCTL(name, structure, who, errors)                                                                 \
    [INDEX(XEN_SYSCTL_##name)] = {sizeof(structure), #name, sysctl_##name},
#include "calls.h"
};

static const struct sysctl_desc *find_operation(uint32_t cmd)
{
    uint32_t i = INDEX(cmd);

    if (i >= ARRAY_SIZE(operations) || (cmd < OWN_FIRST && i >= NR_XEN) || !operations[i].handler)
        return NULL;
    return &operations[i];
}

int64_t do_sysctl(struct vcpu *v, struct hypercall *call)
{
    struct sysctl_call c = {.v = v, .compat = call->compat};
    guest_ptr_t arg = guest_ptr(call->arg[0]);
    const struct sysctl_desc *desc;
    int rc;

    if (arch_copy_from_guest(&c.op, arg, sizeof(c.op)))
        return refuse(EFAULT, "sysctl: argument at %#lx", arg.va);
    v->call_op = c.op.cmd;
    /* Of Xen 4.17 and of 4.21: nothing that is served here differs. */
    if (c.op.interface_version < ALLOD_SYSCTL_VERSION_MIN ||
        c.op.interface_version > ALLOD_SYSCTL_VERSION_MAX)
        return refuse(EACCES, "sysctl: interface version %#x, not %#x to %#x", c.op.interface_version,
                      ALLOD_SYSCTL_VERSION_MIN, ALLOD_SYSCTL_VERSION_MAX);
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
