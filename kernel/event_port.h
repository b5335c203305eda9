/* SPDX-License-Identifier: MIT */
/* For the files of event channels: a domain's ports. */
#pragma once

#include "event.h"

/* A port that may be looked at, free or not; NULL: there is no such port (yet). The caller holds the lock of
 * D's events or that of event_bind.c. */
static inline struct evtchn *evtchn_find(const struct domain *d, uint32_t port)
{
    struct evtchn *table;

    if (port >= MAX_EVTCHNS)
        return NULL;
    table = d->events.table[port / EVTCHNS_PER_PAGE];
    return table ? &table[port % EVTCHNS_PER_PAGE] : NULL;
}

/* Does anybody who is told have this global VIRQ bound? */
bool event_virq_is_bound(unsigned int virq);
/* VIRQ_CONSOLE was bound: look for input as long as it is (event_console.c). */
void event_console_listen(void);

/* Does CHN lead to PORT of D? */
static inline bool evtchn_is_peer(const struct evtchn *chn, const struct domain *d, uint32_t port)
{
    return chn->state == ECS_INTERDOMAIN && chn->remote_dom == d->domid && chn->remote_port == port;
}
