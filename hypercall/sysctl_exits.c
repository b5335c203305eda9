/* SPDX-License-Identifier: MIT */
/* sysctl: how often a domain has left its guest code, and why. */
#include "sysctl.h"

static uint64_t count_exits(struct domain *d, unsigned int kind, uint32_t *code)
{
    uint64_t count = 0;

    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        const struct vcpu *v = domain_vcpu(d, i);

        if (v)
            count += arch_vcpu_exits(v->arch, kind, code);
    }
    return count;
}

static int copy_exits(struct domain *d, struct xen_sysctl_exit_stats *op)
{
    const uint32_t capacity = handle_is_null(op->exits) ? 0 : op->nr_exits;

    op->nr_exits = 0;
    for (unsigned int kind = 0; kind < ARCH_EXIT_KINDS; kind++) {
        struct xen_exit_stat row = {0};

        row.count = count_exits(d, kind, &row.code);
        if (!row.count)
            continue;
        if (op->nr_exits < capacity &&
            arch_copy_to_guest(guest_ptr_add(handle_ptr(op->exits), op->nr_exits * sizeof(row)), &row,
                               sizeof(row)))
            return refuse(EFAULT, "exit_stats: row %u cannot be written", op->nr_exits);
        op->nr_exits++;
    }
    return capacity && op->nr_exits > capacity
               ? refuse(ENOBUFS, "exit_stats: room for %u of %u", capacity, op->nr_exits)
               : 0;
}

int sysctl_exit_stats(struct sysctl_call *c)
{
    struct xen_sysctl_exit_stats *op = allod_exit_stats(&c->op);
    struct domain *d = domain_get(op->domid);
    int rc;

    if (!d)
        return refuse(ESRCH, "exit_stats: no domain %u", op->domid);
    rc = copy_exits(d, op);
    domain_put(d);
    c->copy_back = true;
    return rc;
}
