/* SPDX-License-Identifier: MIT */
/* sched_op: what a vCPU says to the scheduler about itself. */
#include "compat.h"
#include "event.h"
#include "event_2l.h"
#include "schedule.h"
#include <xen/sched.h>

#define MAX_POLL_PORTS 128 /* as in Xen */

static int64_t sched_op_yield(struct vcpu *v, const struct hypercall *call UNUSED)
{
    vcpu_yield(v);
    return 0;
}

static int64_t sched_op_block(struct vcpu *v, const struct hypercall *call UNUSED)
{
    vcpu_block(v, TIMER_NEVER);
    return 0;
}

static int64_t sched_op_shutdown(struct vcpu *v, const struct hypercall *call)
{
    struct sched_shutdown shutdown;

    if (arch_copy_from_guest(&shutdown, guest_ptr(call->arg[1]), sizeof(shutdown)))
        return refuse(EFAULT, "sched_op: shutdown at %#lx", call->arg[1]);
    domain_shutdown(v->domain, (uint8_t)shutdown.reason);
    return 0;
}

/* As in Xen: with one port the caller wakes for that one, with more for any of its domain; ports are looked
 * at as far as the first one that is pending. Time 0: no limit. */
static int64_t poll_ports(struct vcpu *v, const evtchn_port_t *ports, unsigned int nr, uint64_t timeout)
{
    int rc = 0;

    event_poll_begin(v, nr == 1 ? ports[0] : POLL_ANY);
    for (unsigned int i = 0; rc == 0 && i < nr; i++)
        rc = event_poll(v->domain, ports[i]);
    if (rc || (timeout && timeout <= arch_now())) {
        event_poll_end(v);
        return MIN(rc, 0);
    }
    vcpu_block(v, timeout ? timeout : TIMER_NEVER);
    return 0;
}

static int64_t sched_op_poll(struct vcpu *v, const struct hypercall *call)
{
    evtchn_port_t ports[MAX_POLL_PORTS];
    struct sched_poll poll;

    if (guest_struct_read(call->compat, &guest_sched_poll, &poll, guest_ptr(call->arg[1])))
        return refuse(EFAULT, "sched_op: poll at %#lx", call->arg[1]);
    if (poll.nr_ports > MAX_POLL_PORTS)
        return refuse(EINVAL, "sched_op: poll of %u ports", poll.nr_ports);
    if (arch_copy_from_guest(ports, handle_ptr(poll.ports), poll.nr_ports * sizeof(ports[0])))
        return refuse(EFAULT, "sched_op: ports at %#lx", handle_ptr(poll.ports).va);
    return poll_ports(v, ports, poll.nr_ports, poll.timeout);
}

/* As in Xen: the domain ends as if it had said so itself. */
static int64_t sched_op_remote_shutdown(struct vcpu *v, const struct hypercall *call)
{
    struct sched_remote_shutdown shutdown;
    struct domain *d;

    if (!v->domain->privileged)
        return refuse(EPERM, "sched_op: d%u is not privileged", v->domain->domid);
    if (arch_copy_from_guest(&shutdown, guest_ptr(call->arg[1]), sizeof(shutdown)))
        return refuse(EFAULT, "sched_op: remote_shutdown at %#lx", call->arg[1]);
    d = domain_get(shutdown.domain_id);
    if (!d)
        return refuse(ESRCH, "sched_op: no domain %u", shutdown.domain_id);
    domain_shutdown(d, (uint8_t)shutdown.reason);
    domain_put(d);
    return 0;
}

static int64_t (*const operations[])(struct vcpu *v, const struct hypercall *call) = {
#define SCHED_OP(name, structure, who, errors) [SCHEDOP_##name] = sched_op_##name,
#include "calls.h"
};

int64_t do_sched_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];

    if (cmd >= ARRAY_SIZE(operations))
        return refuse(ENOSYS, "sched_op: operation %u", cmd);
    return operations[cmd](v, call);
}
