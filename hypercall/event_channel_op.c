/* SPDX-License-Identifier: MIT */
/* event_channel_op: the 2-level ABI. Structures are the same for 32-bit code. */
#include "event.h"
#include "hypercall.h"
#include <string.h>
#include <xen/event_channel.h>

/* What is copied in, changed and copied back. */
union event_arg {
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
};

/* What opens a port has answered: the port goes to the caller. */
static int64_t give_port(int rc, evtchn_port_t *port)
{
    if (rc < 0)
        return rc;
    *port = (evtchn_port_t)rc;
    return 0;
}

static int64_t event_op_alloc_unbound(struct vcpu *v, union event_arg *arg)
{
    struct evtchn_alloc_unbound *a = &arg->alloc_unbound;
    domid_t remote = a->remote_dom == DOMID_SELF ? v->domain->domid : a->remote_dom;
    struct domain *d;
    int64_t rc = find_target(v, a->dom, &d);

    if (rc)
        return rc;
    rc = give_port(event_alloc_unbound(d, remote), &a->port);
    domain_put(d);
    return rc;
}

/* Who may connect is what the other end says. */
static int64_t event_op_bind_interdomain(struct vcpu *v, union event_arg *arg)
{
    struct evtchn_bind_interdomain *b = &arg->bind_interdomain;
    struct domain *rd = domain_get(b->remote_dom == DOMID_SELF ? v->domain->domid : b->remote_dom);
    int64_t rc;

    if (!rd)
        return refuse(ESRCH, "event_channel_op: no domain %u", b->remote_dom);
    rc = give_port(event_bind_interdomain(v->domain, rd, b->remote_port), &b->local_port);
    domain_put(rd);
    return rc;
}

static int64_t event_op_bind_virq(struct vcpu *v, union event_arg *arg)
{
    struct evtchn_bind_virq *b = &arg->bind_virq;

    return give_port(event_bind_virq(v->domain, b->virq, b->vcpu), &b->port);
}

static int64_t event_op_bind_ipi(struct vcpu *v, union event_arg *arg)
{
    return give_port(event_bind_ipi(v->domain, arg->bind_ipi.vcpu), &arg->bind_ipi.port);
}

static int64_t event_op_close(struct vcpu *v, union event_arg *arg)
{
    return event_close(v->domain, arg->close.port);
}

static int64_t event_op_send(struct vcpu *v, union event_arg *arg)
{
    return event_send(v->domain, arg->send.port);
}

static int64_t event_op_bind_vcpu(struct vcpu *v, union event_arg *arg)
{
    return event_bind_vcpu(v->domain, arg->bind_vcpu.port, arg->bind_vcpu.vcpu);
}

static int64_t event_op_unmask(struct vcpu *v, union event_arg *arg)
{
    return event_unmask(v->domain, arg->unmask.port);
}

static void fill_status(struct evtchn_status *s, const struct evtchn *now)
{
    static const uint8_t status[] = {
        [ECS_FREE] = EVTCHNSTAT_closed,
        [ECS_UNBOUND] = EVTCHNSTAT_unbound,
        [ECS_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [ECS_VIRQ] = EVTCHNSTAT_virq,
        [ECS_IPI] = EVTCHNSTAT_ipi,
        [ECS_RING] = EVTCHNSTAT_interdomain,
    };

    s->status = status[now->state];
    s->vcpu = now->vcpu;
    if (now->state == ECS_UNBOUND) {
        s->u.unbound.dom = now->remote_dom;
    } else if (now->state == ECS_INTERDOMAIN) {
        s->u.interdomain.dom = now->remote_dom;
        s->u.interdomain.port = now->remote_port;
    } else if (now->state == ECS_RING) {
        s->u.interdomain.dom = DOMID_XEN;
    } else if (now->state == ECS_VIRQ) {
        s->u.virq = now->virq;
    }
}

static int64_t event_op_status(struct vcpu *v, union event_arg *arg)
{
    struct evtchn now = {0};
    struct domain *d;
    int64_t rc = find_target(v, arg->status.dom, &d);

    if (rc)
        return rc;
    rc = event_status(d, arg->status.port, &now);
    if (rc == 0)
        fill_status(&arg->status, &now);
    domain_put(d);
    return rc;
}

/* As in Xen others must be paused, by a privileged domain: one that a call holds will run on by itself. */
static int64_t event_op_reset(struct vcpu *v, union event_arg *arg)
{
    struct domain *d;
    int64_t rc = find_target(v, arg->reset.dom, &d);

    if (rc)
        return rc;
    if (d != v->domain && __atomic_load_n(&d->tool_pauses, __ATOMIC_ACQUIRE) == 0)
        rc = refuse(EINVAL, "event_channel_op: reset of d%u, which is not paused", d->domid);
    else
        rc = event_reset(d);
    domain_put(d);
    return rc;
}

/* There is no FIFO ABI, so guests stay with 2-level. A frame that would be no good for it is refused first,
 * as in Xen. */
static int64_t event_op_init_control(struct vcpu *v, union event_arg *arg)
{
    gfn_t g = gfn(arg->init_control.control_gfn);

    if (p2m_lookup(&v->domain->arch, g, NULL, NULL) != P2M_RAM)
        return refuse(EINVAL, "event_channel_op: d%u has no page at gfn %#lx", v->domain->domid, g.v);
    return refuse(ENOSYS, "event_channel_op: no FIFO event channels");
}

static const struct {
    int64_t (*handler)(struct vcpu *v, union event_arg *arg);
    uint8_t size;
    bool out; /* something of it is a result */
} operations[] = {
#define EVENT_CHANNEL_OP(name, structure, out, who, errors)                                                  \
    [EVTCHNOP_##name] = {event_op_##name, sizeof(structure), out},
#include "calls.h"
};

/* (command, argument) */
int64_t do_event_channel_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];
    guest_ptr_t arg = guest_ptr(call->arg[1]);
    union event_arg own;
    int64_t rc;

    if (cmd >= ARRAY_SIZE(operations) || !operations[cmd].handler)
        return refuse(ENOSYS, "event_channel_op: operation %u", cmd);
    if (arch_copy_from_guest(&own, arg, operations[cmd].size))
        return refuse(EFAULT, "event_channel_op: argument at %#lx", arg.va);
    rc = operations[cmd].handler(v, &own);
    if (rc == 0 && operations[cmd].out && arch_copy_to_guest(arg, &own, operations[cmd].size))
        return refuse(EFAULT, "event_channel_op: result to %#lx", arg.va);
    return rc;
}
