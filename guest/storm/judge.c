/* SPDX-License-Identifier: MIT */
/* What must hold: each domain that was started runs, has all its pages, and with claims has them where it
 * wanted them; who lost with claims had nothing; and afterwards the machine is as before. */
#include "storm.h"
#include <errno.h>
#include <stdio.h>

#define PATIENCE (120UL * 1000000000) /* ns, for a domain that has only to be scheduled */
#define ALL_GONE (10UL * 1000000000)  /* for the last page of a domain that is destroyed */
#define BUFFER   96

static char text[BUFFER];

/* The text stays until the next one. */
#define wrong(fmt, ...) (snprintf(text, sizeof(text), fmt, ##__VA_ARGS__), text)

static const char *judge_run(const struct storm_domain *d, unsigned int number)
{
    uint64_t end = guest_now() + PATIENCE;
    xc_domaininfo_t info;
    unsigned int reason;

    do {
        if (xc_domain_getinfolist(xch, d->domid, 1, &info) != 1 || info.domain != d->domid)
            return wrong("s%02u is gone", number);
        if (info.flags & XEN_DOMINF_shutdown) {
            reason = info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
            return reason == SHUTDOWN_poweroff ? NULL : wrong("s%02u has crashed", number);
        }
        guest_yield();
    } while (guest_now() < end);
    return wrong("s%02u does not run", number);
}

const char *judge_domains(const struct storm *s)
{
    const char *why = NULL;

    for (unsigned int i = 0; i < s->nr && !why; i++)
        if (s->domain[i].state == STARTED)
            why = judge_run(&s->domain[i], i);
    return why;
}

static const char *judge_started(const struct storm *s, const struct storm_domain *d, unsigned int number)
{
    uint64_t pages = 0;

    for (unsigned int n = 0; n < MAX_NODES; n++)
        pages += d->on[n];
    if (pages != d->pages + d->extra)
        return wrong("s%02u has %lu of %lu pages", number, pages, d->pages + d->extra);
    for (unsigned int w = 0; w < d->nr_wanted && s->claims; w++)
        if (d->ram_on[d->wanted[w].target] != d->wanted[w].pages)
            return wrong("s%02u claimed %lu pages on node %u and has %lu", number, d->wanted[w].pages,
                         d->wanted[w].target, d->ram_on[d->wanted[w].target]);
    return NULL;
}

/* No claim, no page: what was refused was refused before the first one. */
static const char *judge_failed(const struct storm_domain *d, unsigned int number, bool claims)
{
    if (d->error != ENOMEM)
        return wrong("s%02u: %s", number, d->refused);
    if (claims && d->wasted_pages)
        return wrong("s%02u had %lu pages: %s", number, d->wasted_pages, d->refused);
    return NULL;
}

const char *judge_pages(const struct storm *s)
{
    const char *why = NULL;

    for (unsigned int i = 0; i < s->nr && !why; i++) {
        const struct storm_domain *d = &s->domain[i];

        if (d->state == WAITING)
            why = wrong("s%02u was forgotten", i);
        else if (d->state == STARTED)
            why = judge_started(s, d, i);
        else if (d->state == FAILED)
            why = judge_failed(d, i, s->claims || d->role != ARRIVES);
    }
    return why;
}

bool read_machine(struct machine *m)
{
    xc_meminfo_t memory[MAX_NODES];
    unsigned int nr = MAX_NODES;

    m->nr_nodes = MAX_NODES;
    return xc_claiminfo(xch, &m->nr_nodes, m->node, &m->host) == 0 &&
           xc_numainfo(xch, &nr, memory, m->distance) == 0;
}

static const char *judge_nodes(const struct machine *before, const struct machine *after)
{
    for (unsigned int n = 0; n < before->nr_nodes; n++) {
        if (after->node[n].claimed)
            return wrong("%lu pages are claimed on node %u", after->node[n].claimed, n);
        if (after->node[n].free != before->node[n].free)
            return wrong("%lu pages are free on node %u, %lu were before", after->node[n].free, n,
                         before->node[n].free);
    }
    return NULL;
}

static const char *judge_invariants(void)
{
    struct xen_sysctl_allod_debug check = {.op = ALLOD_DEBUG_CHECK};

    if (xc_allod_debug(xch, &check))
        return errno == ENOSYS ? NULL : "the check of the invariants fails"; /* a release has none */
    return check.result ? "an invariant is broken" : NULL;
}

/* The last reference to a domain goes a little later than its destruction says. */
const char *judge_machine(const struct machine *before)
{
    static struct machine after;
    uint64_t end = guest_now() + ALL_GONE;
    const char *why;

    do {
        if (!read_machine(&after))
            return "the machine does not say what is free";
        why = after.host.claimed ? wrong("%lu pages are claimed", after.host.claimed)
                                 : judge_nodes(before, &after);
        if (why)
            guest_yield();
    } while (why && guest_now() < end);
    return why ? why : judge_invariants();
}
