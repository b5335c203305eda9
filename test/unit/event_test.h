/* SPDX-License-Identifier: MIT */
/* For tests of event channels: guests with several vCPUs, what they share, and short forms of the calls. */
#pragma once

#include "caller.h"
#include "event.h"
#include "schedule.h"
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define MAX_TEST_VCPUS 4U

/* A guest with that many vCPUs and ports up to MAX_PORT, which runs; its vCPU 0. */
static inline struct vcpu *new_guest(unsigned int vcpus, uint32_t max_port)
{
    struct xen_domctl op = create_args(), more = {0};
    struct domain *d;

    op.u.createdomain.max_vcpus = vcpus;
    op.u.createdomain.max_evtchn_port = max_port;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    assert_int_equal(set_pool(op.domain, POOL_BYTES), 0);
    assert_int_equal(set_max(op.domain, 64), 0);
    more.u.max_vcpus.max = vcpus;
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, op.domain, &more), 0);
    assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, op.domain, &more), 0);
    d = domain_get(op.domain);
    for (unsigned int i = 0; i < vcpus; i++)
        vcpu_up(d->vcpu[i]);
    domain_put(d);
    return d->vcpu[0];
}

/* The calls that follow are V's. */
static inline void as(struct vcpu *v)
{
    caller = v;
}

static inline int64_t event_op(uint32_t cmd, const void *arg)
{
    return hcall(__HYPERVISOR_event_channel_op, cmd, ptr(arg), 0);
}

/* Those that open a port return it. */
static inline int64_t alloc_unbound(domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound a = {.dom = dom, .remote_dom = remote, .port = 0x5a5a5a5a};
    int64_t rc = event_op(EVTCHNOP_alloc_unbound, &a);

    return rc ? rc : (int64_t)a.port;
}

static inline int64_t bind_interdomain(domid_t remote, int64_t port)
{
    struct evtchn_bind_interdomain b = {.remote_dom = remote, .remote_port = (evtchn_port_t)port};
    int64_t rc = event_op(EVTCHNOP_bind_interdomain, &b);

    return rc ? rc : (int64_t)b.local_port;
}

static inline int64_t bind_virq(uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq b = {.virq = virq, .vcpu = vcpu};
    int64_t rc = event_op(EVTCHNOP_bind_virq, &b);

    return rc ? rc : (int64_t)b.port;
}

static inline int64_t bind_ipi(uint32_t vcpu)
{
    struct evtchn_bind_ipi b = {.vcpu = vcpu};
    int64_t rc = event_op(EVTCHNOP_bind_ipi, &b);

    return rc ? rc : (int64_t)b.port;
}

/* close, send and unmask have nothing but a port. */
static inline int64_t port_op(uint32_t cmd, int64_t port)
{
    evtchn_port_t arg = (evtchn_port_t)port;

    return event_op(cmd, &arg);
}

static inline int64_t bind_vcpu(int64_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu b = {.port = (evtchn_port_t)port, .vcpu = vcpu};

    return event_op(EVTCHNOP_bind_vcpu, &b);
}

static inline int64_t reset(domid_t dom)
{
    struct evtchn_reset r = {.dom = dom};

    return event_op(EVTCHNOP_reset, &r);
}

static inline struct evtchn_status status_of(domid_t dom, int64_t port)
{
    struct evtchn_status s = {.dom = dom, .port = (evtchn_port_t)port, .status = 99};

    assert_int_equal(event_op(EVTCHNOP_status, &s), 0);
    return s;
}

#define assert_status(dom, port, expected)                                                                   \
    assert_int_equal(status_of(dom, port).status, EVTCHNSTAT_##expected)

/* ---- what the guest sees ---- */

static inline uint8_t *shared_of(const struct vcpu *v)
{
    assert_non_null(v->domain->events.shared);
    return v->domain->events.shared;
}

static inline uint8_t *legacy_info(const struct vcpu *v)
{
    return shared_of(v) + v->id * sizeof(struct vcpu_info);
}

/* Where masks begin, and where vcpu_info has the words that are pending. */
static inline uint8_t *mask_of(const struct vcpu *v)
{
    return shared_of(v) + (v->domain->events.compat ? 2176 : 2560);
}

static inline bool bit_of(const uint8_t *bits, int64_t n)
{
    return bits[n / 8] >> n % 8 & 1;
}

static inline bool is_pending(const struct vcpu *v, int64_t port)
{
    return bit_of(shared_of(v) + 2048, port);
}

static inline bool is_selected(const uint8_t *info, bool compat, int64_t port)
{
    return compat ? bit_of(info + 4, port / 32) : bit_of(info + 8, port / 64);
}

/* What a guest does before it looks at its ports. */
static inline void take_upcall(uint8_t *info)
{
    memset(info, 0, 16);
}

static inline void clear_port(const struct vcpu *v, int64_t port)
{
    shared_of(v)[2048 + port / 8] &= (uint8_t) ~(1U << port % 8);
}

static inline int64_t set_callback(uint64_t value)
{
    struct xen_hvm_param p = {.domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ, .value = value};

    return hcall(__HYPERVISOR_hvm_op, HVMOP_set_param, ptr(&p), 0);
}

#define VECTOR(n) ((uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | (n))
