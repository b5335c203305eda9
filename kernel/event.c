/* SPDX-License-Identifier: MIT */
/* Event channels: the way of an event from its sender to the vCPU that is told. */
#include "event.h"
#include "event_2l.h"
#include "event_port.h"
#include "guest_time.h"
#include "log.h"
#include "ring.h"

/* ---- what is pending ---- */

static inline __attribute__((always_inline)) bool upcall_is_pending(const struct vcpu *v)
{
    const uint8_t *info = event_2l_info(v);

    return info &&
           __atomic_load_n(&info[offsetof(struct vcpu_info, evtchn_upcall_pending)], __ATOMIC_SEQ_CST);
}

/* HVM_PARAM_CALLBACK_IRQ: its type in the upper byte, for HVM_PARAM_CALLBACK_TYPE_VECTOR the vector below. */
static int callback_vector(const struct vcpu *v)
{
    uint64_t callback = READ_ONCE(v->domain->hvm_param[HVM_PARAM_CALLBACK_IRQ]);
    uint8_t vector = (uint8_t)callback;

    return callback >> 56 == HVM_PARAM_CALLBACK_TYPE_VECTOR && vector >= 16 ? vector : -1;
}

static NOINLINE int end_poll(struct vcpu *v)
{
    event_poll_end(v);
    return upcall_interrupt(v);
}

/* Before every entry, so the usual way is short. A poll that has begun ends at the first entry that follows,
 * whatever woke the vCPU. */
int upcall_interrupt(struct vcpu *v)
{
    if (unlikely(READ_ONCE(v->poll_port)))
        return end_poll(v);
    return unlikely(upcall_is_pending(v)) ? callback_vector(v) : -1;
}

/* As in Xen a poll does not end for an event that is pending already and cannot be delivered. */
bool event_is_pending(const struct vcpu *v)
{
    uint32_t poll = __atomic_load_n(&v->poll_port, __ATOMIC_SEQ_CST);

    if (arch_vcpu_has_interrupt(v->arch))
        return true;
    if (poll == 0)
        return upcall_is_pending(v);
    return poll == POLL_WOKEN ||
           (upcall_is_pending(v) && callback_vector(v) >= 0 && arch_vcpu_takes_interrupts(v->arch));
}

void event_poll_begin(struct vcpu *v, uint32_t port)
{
    struct domain *d = v->domain;

    spin_lock(&d->events.lock);
    __atomic_store_n(&v->poll_port, port, __ATOMIC_SEQ_CST);
    d->events.polling[v->id / 64] |= 1UL << v->id % 64;
    spin_unlock(&d->events.lock);
}

void event_poll_end(struct vcpu *v)
{
    struct domain *d = v->domain;

    spin_lock(&d->events.lock);
    __atomic_store_n(&v->poll_port, 0, __ATOMIC_SEQ_CST);
    d->events.polling[v->id / 64] &= ~(1UL << v->id % 64);
    spin_unlock(&d->events.lock);
}

int event_poll(struct domain *d, uint32_t port)
{
    const struct evtchn *chn;
    int rc = -EINVAL;

    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    if (chn && chn->state != ECS_FREE)
        rc = event_2l_is_pending(d, port);
    spin_unlock(&d->events.lock);
    return rc < 0 ? refuse(EINVAL, "event: d%u polls port %u, which is not open", d->domid, port) : rc;
}

/* ---- sending ---- */

/* To PEER_PORT of the domain at the other end, if that still belongs to PORT of D. */
static void send_remote(struct domain *d, uint32_t port, domid_t remote, uint32_t peer_port)
{
    struct domain *rd = domain_get(remote);
    const struct evtchn *peer;

    if (!rd)
        return; /* closed meanwhile */
    spin_lock(&rd->events.lock);
    peer = evtchn_find(rd, peer_port);
    if (peer && evtchn_is_peer(peer, d, port))
        event_2l_set_pending(rd, peer->vcpu, peer_port);
    spin_unlock(&rd->events.lock);
    domain_put(rd);
}

int event_send(struct domain *d, uint32_t port)
{
    struct evtchn seen = {0};
    const struct evtchn *chn;

    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    if (chn)
        seen = *chn;
    if (seen.state == ECS_IPI)
        event_2l_set_pending(d, seen.vcpu, port);
    spin_unlock(&d->events.lock);
    if (seen.state == ECS_FREE || seen.state == ECS_VIRQ)
        return refuse(EINVAL, "event: d%u cannot send from port %u", d->domid, port);
    if (seen.state == ECS_INTERDOMAIN)
        send_remote(d, port, seen.remote_dom, seen.remote_port);
    return seen.state == ECS_RING ? ring_event(d, (enum ring_kind)seen.virq) : 0;
}

void event_send_virq(struct vcpu *v, unsigned int virq)
{
    struct domain *d = v->domain;
    uint32_t port;

    spin_lock(&d->events.lock);
    port = v->virq_port[virq];
    if (port)
        event_2l_set_pending(d, evtchn_find(d, port)->vcpu, port);
    spin_unlock(&d->events.lock);
}

void event_tell_ring(struct domain *d, uint32_t port, enum ring_kind which)
{
    const struct evtchn *chn;

    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    if (chn && chn->state == ECS_RING && chn->virq == which)
        event_2l_set_pending(d, chn->vcpu, port);
    spin_unlock(&d->events.lock);
}

int event_unmask(struct domain *d, uint32_t port)
{
    const struct evtchn *chn;

    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    if (chn)
        event_2l_unmask(d, chn->vcpu, port);
    spin_unlock(&d->events.lock);
    return chn ? 0 : refuse(EINVAL, "event: d%u has no port %u", d->domid, port);
}

/* As in Xen the first ports are there before any is used. */
int event_status(struct domain *d, uint32_t port, struct evtchn *now)
{
    const struct evtchn *chn;

    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    *now = chn ? *chn : (struct evtchn){0};
    spin_unlock(&d->events.lock);
    return chn || port < EVTCHNS_PER_PAGE ? 0 : refuse(EINVAL, "event: d%u has no port %u", d->domid, port);
}

/* ---- what the guest shares ---- */

void event_set_shared(struct domain *d, void *shared)
{
    spin_lock(&d->events.lock);
    __atomic_store_n(&d->events.shared, shared, __ATOMIC_RELEASE);
    if (shared)
        guest_time_update_wallclock(d);
    spin_unlock(&d->events.lock);
}

int event_register_info(struct vcpu *v, uint8_t *info)
{
    int rc = 0;

    spin_lock(&v->domain->events.lock);
    if (v->info)
        rc = refuse(EINVAL, "event: d%u vCPU %u has its vcpu_info", v->domain->domid, v->id);
    else
        event_2l_move_info(v, info);
    spin_unlock(&v->domain->events.lock);
    return rc;
}

void upcall_hypercall_page(struct vcpu *v, bool compat)
{
    event_latch_width(v->domain, compat);
}

void event_latch_width(struct domain *d, bool compat)
{
    spin_lock(&d->events.lock);
    WRITE_ONCE(d->events.compat, compat);
    if (d->events.shared)
        guest_time_update_wallclock(d);
    spin_unlock(&d->events.lock);
}
