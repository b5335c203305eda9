/* SPDX-License-Identifier: MIT */
/* For the files of event channels: a domain's ports. */
#pragma once

#include "event.h"

/* Held by whoever opens, connects, moves or closes ports, of whatever domain. */
extern spinlock_t event_bind_lock;

/* A port that may be looked at, free or not; NULL: there is no such port (yet). The caller holds the lock of
 * D's events or event_bind_lock. */
static inline struct evtchn *evtchn_find(const struct domain *d, uint32_t port)
{
    struct evtchn *table;

    if (port >= MAX_EVTCHNS)
        return NULL;
    table = d->events.table[port / EVTCHNS_PER_PAGE];
    return table ? &table[port % EVTCHNS_PER_PAGE] : NULL;
}

/* Does CHN lead to PORT of D? */
static inline bool evtchn_is_peer(const struct evtchn *chn, const struct domain *d, uint32_t port)
{
    return chn->state == ECS_INTERDOMAIN && chn->remote_dom == d->domid && chn->remote_port == port;
}

/* PORT of D, which there is, becomes WHAT; a free one is not pending. */
void evtchn_set(struct domain *d, uint32_t port, struct evtchn what) REQUIRES(event_bind_lock);
/* The first free port of D becomes WHAT: the port, or what all answer that open one (event.h). */
int evtchn_open(struct domain *d, struct evtchn what) REQUIRES(event_bind_lock);
/* Pending events need a place before there can be any. Takes D's domctl_lock. -EINVAL: D is dying; -ENOMEM.
 */
int event_need_shared_info(struct domain *d);

/* Open a port of D whose other end is the hypervisor, for the ring WHICH: the port, or what all answer that
 * open one (event.h). D has its shared info. */
int event_open_ring(struct domain *d, enum ring_kind which);
/* To PORT of D, if that still is the ring's. */
void event_tell_ring(struct domain *d, uint32_t port, enum ring_kind which);

/* VIRQ of V is bound to PORT from now on; 0: to none. */
void event_set_virq_port(struct vcpu *v, uint32_t virq, int port) REQUIRES(event_bind_lock);
/* Is D told of this global VIRQ? VIRQ_CONSOLE: while it has the console. */
bool event_virq_is_told(const struct domain *d, unsigned int virq);
/* Does anybody who is told have this global VIRQ bound? */
bool event_virq_is_bound(unsigned int virq);
/* Somebody listens, by VIRQ_CONSOLE or its console ring: look for input as long as anybody does
 * (event_console.c). */
void event_console_listen(void);
