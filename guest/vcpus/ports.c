/* SPDX-License-Identifier: MIT */
/* Event channels as objects: bind, status, close, and what is refused (xen/event_channel.h). */
#include "vcpus.h"
#include <errno.h>

#define NO_PORT  (EVENT_PORTS + 5)
#define NO_DOMID 1234

static struct evtchn_status status_of(int port)
{
    struct evtchn_status s = {.dom = DOMID_SELF, .port = (evtchn_port_t)port};

    expect_equal("status", event_status(&s), 0);
    return s;
}

static void expect_status(int port, unsigned int status, unsigned int vcpu)
{
    struct evtchn_status s = status_of(port);

    expect_equal("status", s.status, status);
    expect_equal("its vCPU", s.vcpu, vcpu);
}

static void each_kind(void)
{
    int ipi, virq, a, b;

    events_here();
    ipi = event_bind_ipi(2);
    virq = event_bind_virq(VIRQ_TIMER, 1);
    a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
    expect_status(ipi, EVTCHNSTAT_ipi, 2);
    expect_status(virq, EVTCHNSTAT_virq, 1);
    expect_equal("which", status_of(virq).u.virq, VIRQ_TIMER);
    expect_status(a, EVTCHNSTAT_unbound, 0);
    b = event_bind_interdomain(DOMID_SELF, (evtchn_port_t)a);
    expect_status(a, EVTCHNSTAT_interdomain, 0);
    expect_equal("a's other end", status_of(a).u.interdomain.port, b);
    expect_equal("b's other end", status_of(b).u.interdomain.port, a);
    expect_equal("close b", event_close((evtchn_port_t)b), 0);
    expect_status(b, EVTCHNSTAT_closed, 0);
    expect_status(a, EVTCHNSTAT_unbound, 0);
    expect_equal("send to nobody", event_send((evtchn_port_t)a), 0);
    expect_equal("close",
                 event_close((evtchn_port_t)a) | event_close((evtchn_port_t)virq) |
                     event_close((evtchn_port_t)ipi),
                 0);
    expect_status(ipi, EVTCHNSTAT_closed, 0);
}

static void bind_refusals(void)
{
    int virq, a;

    virq = event_bind_virq(VIRQ_TIMER, 0);
    expect_error("bound already", event_bind_virq(VIRQ_TIMER, 0), EEXIST);
    expect_error("no such VIRQ", event_bind_virq(NR_VIRQS, 0), EINVAL);
    expect_error("VIRQ of no vCPU", event_bind_virq(VIRQ_TIMER, 1000), ENOENT);
    expect_error("IPI of no vCPU", event_bind_ipi(1000), ENOENT);
    expect_error("a VIRQ's vCPU stays", event_bind_vcpu((evtchn_port_t)virq, 1), EINVAL);
    expect_error("a VIRQ is not sent", event_send((evtchn_port_t)virq), EINVAL);
    expect_error("other end is no unbound port", event_bind_interdomain(DOMID_SELF, (evtchn_port_t)virq),
                 EINVAL);
    expect_error("other end is no port", event_bind_interdomain(DOMID_SELF, NO_PORT), EINVAL);
    expect_error("with no domain", event_bind_interdomain(NO_DOMID, 1), ESRCH);
    expect_equal("close", event_close((evtchn_port_t)virq), 0);
    a = event_alloc_unbound(DOMID_SELF, NO_DOMID);
    expect_error("unbound for somebody else", event_bind_interdomain(DOMID_SELF, (evtchn_port_t)a), EINVAL);
    expect_error("to no vCPU", event_bind_vcpu((evtchn_port_t)a, 1000), ENOENT);
    expect_equal("close", event_close((evtchn_port_t)a), 0);
}

static void closed_refusals(void)
{
    static const evtchn_port_t none[] = {0, NO_PORT, UINT32_MAX};
    int closed = event_bind_ipi(0);

    expect_equal("close", event_close((evtchn_port_t)closed), 0);
    expect_error("close twice", event_close((evtchn_port_t)closed), EINVAL);
    expect_error("send", event_send((evtchn_port_t)closed), EINVAL);
    expect_error("bind_vcpu", event_bind_vcpu((evtchn_port_t)closed, 1), EINVAL);
    for (unsigned int i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        expect_error("close nothing", event_close(none[i]), EINVAL);
        expect_error("send to nothing", event_send(none[i]), EINVAL);
    }
    expect_error("unmask nothing", event_unmask(NO_PORT), EINVAL);
}

/* As many ports as there are vCPUs, again and again: they are found again. */
static void reuse(void)
{
    for (unsigned int round = 0; round < EVENT_PORTS / 4; round++) {
        int port = event_bind_ipi(round % nr_vcpus);

        expect_less("a port", (uint64_t)port, EVENT_PORTS);
        expect_equal("close", event_close((evtchn_port_t)port), 0);
    }
}

const struct guest_case ports[] = {
    {"each kind has its status, until it is closed", each_kind},
    {"what cannot be bound", bind_refusals},
    {"what is closed is nothing", closed_refusals},
    {"ports are used again", reuse},
    {0},
};
