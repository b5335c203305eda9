/* SPDX-License-Identifier: MIT */
/* Event channels: opening, connecting and closing ports, and the end of all of a domain's. */
#include "domain_pages.h"
#include "domheap.h"
#include "event_2l.h"
#include "event_port.h"
#include "log.h"
#include <string.h>

#define RESET_PORTS 512U /* that one step closes */

static spinlock_t bind_lock = SPINLOCK_INIT(RANK_EVENT_BIND, "event channels");
/* How many domains that are told of a global VIRQ have it bound: nobody looks for them when there is none. */
static unsigned int nr_bound[NR_VIRQS];

/* As in Xen: those of the architecture and Argo's are the domain's, which for its vCPUs is the same. */
bool virq_is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

/* The console's input is its owner's, the rest is for privileged domains. */
static bool is_told(const struct domain *d, unsigned int virq)
{
    return virq == VIRQ_CONSOLE ? d->console_owner : d->privileged && virq_is_global(virq);
}

bool event_virq_is_bound(unsigned int virq)
{
    return READ_ONCE(nr_bound[virq]) > 0;
}

/* ---- ports ---- */

static int add_table(struct domain *d, unsigned int i) REQUIRES(bind_lock)
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
static int find_free(struct domain *d) REQUIRES(bind_lock)
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

static void set_port(struct domain *d, uint32_t port, struct evtchn what) REQUIRES(bind_lock)
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

static int open_port(struct domain *d, struct evtchn what) REQUIRES(bind_lock)
{
    int port = find_free(d);

    if (port > 0)
        set_port(d, (uint32_t)port, what);
    return port;
}

/* Pending events need a place before there can be any. */
static int need_shared_info(struct domain *d)
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
    int port = need_shared_info(d);

    if (port)
        return port;
    spin_lock(&bind_lock);
    port = open_port(d, (struct evtchn){.state = ECS_UNBOUND, .remote_dom = remote});
    spin_unlock(&bind_lock);
    return port;
}

/* The two ends one after the other: an event in between is lost, and the new end is made pending last. */
static int connect(struct domain *d, struct domain *rd, uint32_t rport) REQUIRES(bind_lock)
{
    const struct evtchn *peer = evtchn_find(rd, rport);
    int port = find_free(d);

    if (port < 0)
        return port;
    if (!peer || peer->state != ECS_UNBOUND || peer->remote_dom != d->domid)
        return refuse(EINVAL, "event: port %u of d%u does not wait for d%u", rport, rd->domid, d->domid);
    set_port(rd, rport,
             (struct evtchn){.state = ECS_INTERDOMAIN,
                             .vcpu = peer->vcpu,
                             .remote_dom = d->domid,
                             .remote_port = (uint16_t)port});
    set_port(
        d, (uint32_t)port,
        (struct evtchn){.state = ECS_INTERDOMAIN, .remote_dom = rd->domid, .remote_port = (uint16_t)rport});
    spin_lock(&d->events.lock);
    event_2l_set_pending(d, 0, (uint32_t)port);
    spin_unlock(&d->events.lock);
    return port;
}

int event_bind_interdomain(struct domain *d, struct domain *rd, uint32_t rport)
{
    int port = need_shared_info(d);

    if (port)
        return port;
    spin_lock(&bind_lock);
    port = connect(d, rd, rport);
    spin_unlock(&bind_lock);
    return port;
}

static void set_virq_port(struct vcpu *v, uint32_t virq, int port) REQUIRES(bind_lock)
{
    struct domain *d = v->domain;

    spin_lock(&d->events.lock);
    WRITE_ONCE(v->virq_port[virq], (uint16_t)port); /* event_send_global_virq looks without the lock */
    spin_unlock(&d->events.lock);
    if (!is_told(d, virq))
        return;
    WRITE_ONCE(nr_bound[virq], port ? nr_bound[virq] + 1 : nr_bound[virq] - 1);
    if (port && virq == VIRQ_CONSOLE)
        event_console_listen();
}

static int bind_virq(struct vcpu *v, uint32_t virq) REQUIRES(bind_lock)
{
    int port;

    if (v->virq_port[virq])
        return refuse(EEXIST, "event: VIRQ %u of d%u vCPU %u is bound", virq, v->domain->domid, v->id);
    port = open_port(v->domain,
                     (struct evtchn){.state = ECS_VIRQ, .vcpu = (uint8_t)v->id, .virq = (uint16_t)virq});
    if (port > 0)
        set_virq_port(v, virq, port);
    return port;
}

int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu)
{
    struct vcpu *v = domain_vcpu(d, vcpu);
    int port;

    if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
        return refuse(EINVAL, "event: VIRQ %u of vCPU %u", virq, vcpu);
    if (!v)
        return refuse(ENOENT, "event: d%u has no vCPU %u", d->domid, vcpu);
    port = need_shared_info(d);
    if (port)
        return port;
    spin_lock(&bind_lock);
    port = bind_virq(v, virq);
    spin_unlock(&bind_lock);
    return port;
}

int event_bind_ipi(struct domain *d, uint32_t vcpu)
{
    int port;

    if (!domain_vcpu(d, vcpu))
        return refuse(ENOENT, "event: d%u has no vCPU %u", d->domid, vcpu);
    port = need_shared_info(d);
    if (port)
        return port;
    spin_lock(&bind_lock);
    port = open_port(d, (struct evtchn){.state = ECS_IPI, .vcpu = (uint8_t)vcpu});
    spin_unlock(&bind_lock);
    return port;
}

static bool may_move(const struct evtchn *chn)
{
    return chn && (chn->state == ECS_UNBOUND || chn->state == ECS_INTERDOMAIN ||
                   (chn->state == ECS_VIRQ && virq_is_global(chn->virq)));
}

int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
    struct evtchn *chn;
    bool ok;

    if (!domain_vcpu(d, vcpu))
        return refuse(ENOENT, "event: d%u has no vCPU %u", d->domid, vcpu);
    spin_lock(&bind_lock);
    spin_lock(&d->events.lock);
    chn = evtchn_find(d, port);
    ok = may_move(chn);
    if (ok)
        chn->vcpu = (uint8_t)vcpu;
    spin_unlock(&d->events.lock);
    spin_unlock(&bind_lock);
    return ok ? 0 : refuse(EINVAL, "event: port %u of d%u cannot be moved", port, d->domid);
}

/* ---- closing ---- */

/* PORT of D, which leads to RD if that is not NULL. */
static void close_port(struct domain *d, uint32_t port, struct domain *rd) REQUIRES(bind_lock)
{
    const struct evtchn was = *evtchn_find(d, port);
    struct evtchn *peer = rd ? evtchn_find(rd, was.remote_port) : NULL;

    if (was.state == ECS_VIRQ)
        set_virq_port(d->vcpu[virq_is_global(was.virq) ? 0 : was.vcpu], was.virq, 0);
    set_port(d, port, (struct evtchn){0});
    if (!rd)
        return;
    BUG_ON(!peer || !evtchn_is_peer(peer, d, port));
    set_port(rd, was.remote_port,
             (struct evtchn){.state = ECS_UNBOUND, .vcpu = peer->vcpu, .remote_dom = d->domid});
}

/* Finding a domain ranks before the lock that keeps the ports as they are: look first, and again. */
int event_close(struct domain *d, uint32_t port)
{
    for (;;) {
        struct evtchn seen, *chn;
        struct domain *rd = NULL;
        bool same;
        int rc = event_status(d, port, &seen);

        if (rc || seen.state == ECS_FREE)
            return refuse(EINVAL, "event: port %u of d%u is not open", port, d->domid);
        if (seen.state == ECS_INTERDOMAIN)
            rd = domain_get(seen.remote_dom);
        spin_lock(&bind_lock);
        chn = evtchn_find(d, port);
        /* Without the peer it is no more the same: another domain may have its id and port by now. */
        same = chn && (seen.state != ECS_INTERDOMAIN || rd) && memcmp(chn, &seen, sizeof(seen)) == 0;
        if (same)
            close_port(d, port, rd);
        spin_unlock(&bind_lock);
        if (rd)
            domain_put(rd);
        if (same)
            return 0;
    }
}

int event_reset(struct domain *d)
{
    unsigned int closed = 0;

    for (uint32_t port = 1; port < MAX_EVTCHNS; port++) {
        struct evtchn now;

        if (!READ_ONCE(d->events.table[port / EVTCHNS_PER_PAGE])) {
            port |= EVTCHNS_PER_PAGE - 1;
            continue;
        }
        if (event_status(d, port, &now) || now.state == ECS_FREE)
            continue;
        if (closed++ == RESET_PORTS)
            return -ERESTART;
        event_close(d, port);
    }
    return 0;
}

void event_send_global_virq(unsigned int virq)
{
    unsigned int left = READ_ONCE(nr_bound[virq]);
    struct domain *d;

    for (domid_t next = 0; left && (d = domain_get_next(next)); next = (domid_t)(next + 1)) {
        struct vcpu *v = domain_vcpu(d, 0);

        next = d->domid;
        if (is_told(d, virq) && v && READ_ONCE(v->virq_port[virq])) {
            event_send_virq(v, virq);
            left--;
        }
        domain_put(d);
    }
}

/* ---- the end ---- */

static void free_tables(struct domain *d) REQUIRES(bind_lock)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->events.table); i++) {
        struct evtchn *table = d->events.table[i];

        spin_lock(&d->events.lock);
        d->events.table[i] = NULL;
        spin_unlock(&d->events.lock);
        if (table)
            paging_free_page(&d->mem, virt_to_page(table));
    }
}

static void free_info(struct vcpu *v)
{
    uint8_t *info;

    spin_lock(&v->domain->events.lock);
    info = v->info;
    v->info = NULL;
    spin_unlock(&v->domain->events.lock);
    if (info)
        put_page(&v->domain->mem, virt_to_page(info));
}

/* Nobody opens a port that has not begun to before D was dying: having the lock once is enough. */
int event_destroy(struct domain *d)
{
    int rc;

    spin_lock(&bind_lock);
    BUG_ON(!d->is_dying);
    spin_unlock(&bind_lock);
    rc = event_reset(d);
    if (rc)
        return rc;
    spin_lock(&bind_lock);
    free_tables(d);
    spin_unlock(&bind_lock);
    event_set_shared(d, NULL);
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i]) {
            event_stop_singleshot(d->vcpu[i]);
            event_set_periodic(d->vcpu[i], 0);
            free_info(d->vcpu[i]);
        }
    return 0;
}
