/* SPDX-License-Identifier: MIT */
/* sched_op: what a vCPU says to the scheduler about itself. */
#include "hypercall.h"
#include "schedule.h"
#include <xen/sched.h>

#define MAX_POLL_PORTS 128 /* as in Xen */

static int64_t sched_op_yield(struct vcpu *v, guest_ptr_t arg UNUSED)
{
    vcpu_yield(v);
    return 0;
}

static int64_t sched_op_block(struct vcpu *v, guest_ptr_t arg UNUSED)
{
    vcpu_block(v, UINT64_MAX);
    return 0;
}

static int64_t sched_op_shutdown(struct vcpu *v, guest_ptr_t arg)
{
    struct sched_shutdown shutdown;

    if (arch_copy_from_guest(&shutdown, arg, sizeof(shutdown)))
        return refuse(EFAULT, "sched_op: shutdown at %#lx", arg.va);
    domain_shutdown(v->domain, (uint8_t)shutdown.reason);
    return 0;
}

/* The caller looks at its ports when it wakes, at its time limit or the next tick, whatever comes first. */
static int64_t sched_op_poll(struct vcpu *v, guest_ptr_t arg)
{
    struct sched_poll poll;

    if (arch_copy_from_guest(&poll, arg, sizeof(poll)))
        return refuse(EFAULT, "sched_op: poll at %#lx", arg.va);
    if (poll.nr_ports > MAX_POLL_PORTS)
        return refuse(EINVAL, "sched_op: poll of %u ports", poll.nr_ports);
    if (poll.timeout == 0)
        poll.timeout = UINT64_MAX; /* none */
    if (poll.timeout > arch_now())
        vcpu_block(v, poll.timeout);
    return 0;
}

static int64_t (*const operations[])(struct vcpu *v, guest_ptr_t arg) = {
    [SCHEDOP_yield] = sched_op_yield,
    [SCHEDOP_block] = sched_op_block,
    [SCHEDOP_shutdown] = sched_op_shutdown,
    [SCHEDOP_poll] = sched_op_poll,
};

int64_t do_sched_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];

    if (cmd >= ARRAY_SIZE(operations))
        return refuse(ENOSYS, "sched_op: operation %u", cmd);
    return operations[cmd](v, guest_ptr(call->arg[1]));
}
