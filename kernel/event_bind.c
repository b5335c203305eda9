/* SPDX-License-Identifier: MIT */
/* Event channels: opening, connecting and moving ports. */
#include "domain_pages.h"
#include "domheap.h"
#include "event_2l.h"
#include "event_port.h"
#include "log.h"

spinlock_t event_bind_lock = SPINLOCK_INIT(RANK_EVENT_BIND, "event channels");

static int add_table(struct domain *d, unsigned int i) REQUIRES(event_bind_lock)
{
    struct page_info *pg = paging_alloc_page(&d->mem);

    if (!pg)
        return refuse(ENOMEM, "event: the paging pool of d%u is empty", d->domid);
    spin_lock(&d->events.lock);
    d->events.table[i] = page_to_virt(pg);
    spin_unlock(&d->events.lock);
    return 0;
}

/* Port 0 is nobody's. */
static int find_free(struct domain *d) REQUIRES(event_bind_lock)
{
    const uint32_t end = MIN(event_2l_ports(d), READ_ONCE(d->events.max_port) + 1);

    if (READ_ONCE(d->is_dying))
        return refuse(EINVAL, "event: d%u is dying", d->domid);
    for (uint32_t port = d->events.first_free; port < end; port++) {
        int rc = evtchn_find(d, port) ? 0 : add_table(d, port / EVTCHNS_PER_PAGE);

        if (rc)
            return rc;
        if (evtchn_find(d, port)->state == ECS_FREE)
            return (int)port;
    }
    d->events.first_free = (uint16_t)MAX(d->events.first_free, end); /* not to be searched again */
    return refuse(ENOSPC, "event: d%u has no free port below %u", d->domid, end);
}

void evtchn_set(struct domain *d, uint32_t port, struct evtchn what)
{
    spin_lock(&d->events.lock);
    *evtchn_find(d, port) = what;
    if (what.state == ECS_FREE)
        event_2l_clear_pending(d, port); /* it is not the next user's */
    spin_unlock(&d->events.lock);
    if (what.state != ECS_FREE && port == d->events.first_free)
        d->events.first_free = (uint16_t)(port + 1);
    if (what.state == ECS_FREE && port < d->events.first_free)
        d->events.first_free = (uint16_t)port;
}

int evtchn_open(struct domain *d, struct evtchn what)
{
    int port = find_free(d);

    if (port > 0)
        evtchn_set(d, (uint32_t)port, what);
    return port;
}

int event_need_shared_info(struct domain *d)
{
    int rc = 0;

    if (__atomic_load_n(&d->events.shared, __ATOMIC_ACQUIRE))
        return 0;
    spin_lock(&d->domctl_lock);
    if (READ_ONCE(d->is_dying))
        rc = refuse(EINVAL, "event: d%u is dying", d->domid);
    else if (!domain_shared_info(d))
        rc = refuse(ENOMEM, "event: the paging pool of d%u is empty", d->domid);
    spin_unlock(&d->domctl_lock);
    return rc;
}

int event_alloc_unbound(struct domain *d, domid_t remote)
{
    int port = event_need_shared_info(d);

    if (port)
        return port;
    spin_lock(&event_bind_lock);
    port = evtchn_open(d, (struct evtchn){.state = ECS_UNBOUND, .remote_dom = remote});
    spin_unlock(&event_bind_lock);
    return port;
}

int event_open_ring(struct domain *d, enum ring_kind which)
{
    int port;

    spin_lock(&event_bind_lock);
    port = evtchn_open(d, (struct evtchn){.state = ECS_RING, .virq = (uint16_t)which});
    spin_unlock(&event_bind_lock);
    return port;
}

/* The two ends one after the other: an event in between is lost, and the new end is made pending last. */
static int connect(struct domain *d, struct domain *rd, uint32_t rport) REQUIRES(event_bind_lock)
{
    const struct evtchn *peer = evtchn_find(rd, rport);
    int port = find_free(d);

    if (port < 0)
        return port;
    if (!peer || peer->state != ECS_UNBOUND || peer->remote_dom != d->domid)
        return refuse(EINVAL, "event: port %u of d%u does not wait for d%u", rport, rd->domid, d->domid);
    evtchn_set(rd, rport,
               (struct evtchn){.state = ECS_INTERDOMAIN,
                               .vcpu = peer->vcpu,
                               .remote_dom = d->domid,
                               .remote_port = (uint16_t)port});
    evtchn_set(
        d, (uint32_t)port,
        (struct evtchn){.state = ECS_INTERDOMAIN, .remote_dom = rd->domid, .remote_port = (uint16_t)rport});
    spin_lock(&d->events.lock);
    event_2l_set_pending(d, 0, (uint32_t)port);
    spin_unlock(&d->events.lock);
    return port;
}

int event_bind_interdomain(struct domain *d, struct domain *rd, uint32_t rport)
{
    int port = event_need_shared_info(d);

    if (port)
        return port;
    spin_lock(&event_bind_lock);
    port = connect(d, rd, rport);
    spin_unlock(&event_bind_lock);
    return port;
}

int event_bind_ipi(struct domain *d, uint32_t vcpu)
{
    int port;

    if (!domain_vcpu(d, vcpu))
        return refuse(ENOENT, "event: d%u has no vCPU %u", d->domid, vcpu);
    port = event_need_shared_info(d);
    if (port)
        return port;
    spin_lock(&event_bind_lock);
    port = evtchn_open(d, (struct evtchn){.state = ECS_IPI, .vcpu = (uint8_t)vcpu});
    spin_unlock(&event_bind_lock);
    return port;
}

static bool may_move(const struct evtchn *chn)
{
    return chn && (chn->state == ECS_UNBOUND || chn->state == ECS_INTERDOMAIN || chn->state == ECS_RING ||
                   (chn->state == ECS_VIRQ && virq_is_global(chn->virq)));
}

int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
    struct evtchn *chn;
    bool ok;

    if (!domain_vcpu(d, vcpu))
        return refuse(ENOENT, "event: d%u has no vCPU %u", d->domid, vcpu);
    spin_lock(&event_bind_lock);
    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    ok = may_move(chn);
    if (ok)
        chn->vcpu = (uint8_t)vcpu;
    spin_unlock(&d->events.lock);
    spin_unlock(&event_bind_lock);
    return ok ? 0 : refuse(EINVAL, "event: port %u of d%u cannot be moved", port, d->domid);
}
