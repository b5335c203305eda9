/* SPDX-License-Identifier: MIT */
/* Event channels by hypercall, their bits in the shared info page, and waiting. */
#include "event_ports.h"
#include "guest.h"
#include <errno.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define WORD_BITS 64

int event_result(int64_t rc)
{
    if (rc >= 0)
        return (int)rc;
    errno = (int)-rc;
    return -1;
}

static int channel_op(unsigned int cmd, void *arg)
{
    return event_result(xen_hypercall(__HYPERVISOR_event_channel_op, cmd, (uintptr_t)arg, 0, 0, 0));
}

/* What a bind has returned, and the port that it made. */
static int new_port(int rc, evtchn_port_t port, unsigned int vcpu)
{
    if (rc)
        return rc;
    event_port_init(port, vcpu);
    return (int)port;
}

int event_alloc_unbound(domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound op = {.dom = dom, .remote_dom = remote};
    int rc = channel_op(EVTCHNOP_alloc_unbound, &op);

    return dom == DOMID_SELF ? new_port(rc, op.port, 0) : rc ? rc : (int)op.port;
}

/* The hypervisor makes the new end pending: the other one may have sent before. */
int event_bind_interdomain(domid_t remote, evtchn_port_t remote_port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = remote_port};
    int rc = channel_op(EVTCHNOP_bind_interdomain, &op);

    return new_port(rc, op.local_port, 0);
}

int event_bind_virq(unsigned int virq, unsigned int vcpu)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    int rc = channel_op(EVTCHNOP_bind_virq, &op);

    return new_port(rc, op.port, vcpu);
}

int event_bind_ipi(unsigned int vcpu)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};
    int rc = channel_op(EVTCHNOP_bind_ipi, &op);

    return new_port(rc, op.port, vcpu);
}

int event_send(evtchn_port_t port)
{
    return channel_op(EVTCHNOP_send, &(struct evtchn_send){.port = port});
}

int event_unmask(evtchn_port_t port)
{
    return channel_op(EVTCHNOP_unmask, &(struct evtchn_unmask){.port = port});
}

int event_close(evtchn_port_t port)
{
    return channel_op(EVTCHNOP_close, &(struct evtchn_close){.port = port});
}

/* Masked meanwhile: an event that the old vCPU finds is not its own any more, and the new one gets it with
 * the unmasking. */
int event_bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
    struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};
    bool masked = port < EVENT_PORTS && event_is_masked(port);
    int rc;

    if (port < EVENT_PORTS)
        event_mask(port);
    rc = channel_op(EVTCHNOP_bind_vcpu, &op);
    if (!rc)
        event_port_move(port, vcpu);
    if (port < EVENT_PORTS && !masked)
        event_unmask(port);
    return rc;
}

int event_status(struct evtchn_status *status)
{
    return channel_op(EVTCHNOP_status, status);
}

static uint64_t bit(evtchn_port_t port)
{
    return 1UL << port % WORD_BITS;
}

void event_mask(evtchn_port_t port)
{
    __atomic_or_fetch(&shared_info->evtchn_mask[port / WORD_BITS], bit(port), __ATOMIC_SEQ_CST);
}

bool event_is_masked(evtchn_port_t port)
{
    return __atomic_load_n(&shared_info->evtchn_mask[port / WORD_BITS], __ATOMIC_ACQUIRE) & bit(port);
}

bool event_is_pending(evtchn_port_t port)
{
    return __atomic_load_n(&shared_info->evtchn_pending[port / WORD_BITS], __ATOMIC_ACQUIRE) & bit(port);
}

bool event_clear(evtchn_port_t port)
{
    return __atomic_fetch_and(&shared_info->evtchn_pending[port / WORD_BITS], ~bit(port), __ATOMIC_SEQ_CST) &
           bit(port);
}

void interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

void interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

void guest_halt(void)
{
    __asm__ volatile("sti\n\thlt" : : : "memory");
}

int guest_poll(evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
    struct sched_poll poll = {.nr_ports = n, .timeout = timeout};

    set_xen_guest_handle(poll.ports, ports);
    return event_result(xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)&poll, 0, 0, 0));
}

int timer_oneshot(uint64_t deadline)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = deadline};

    return event_result(
        xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, smp_id(), (uintptr_t)&op, 0, 0));
}

int timer_stop(void)
{
    return event_result(xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, smp_id(), 0, 0, 0));
}
