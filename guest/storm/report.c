/* SPDX-License-Identifier: MIT */
/* What tools/storm.py reads: one JSON object a line. */
#include "storm.h"
#include <stdio.h>

static const char *yes(bool b)
{
    return b ? "true" : "false";
}

void report_machine(const struct machine *m)
{
    printf("{\"machine\":{\"builders\":%u,\"nodes\":[", smp_vcpus());
    for (unsigned int n = 0; n < m->nr_nodes; n++)
        printf("%s{\"node\":%u,\"pages\":%lu,\"free\":%lu}", n ? "," : "", n, m->node[n].total,
               m->node[n].free);
    printf("],\"distances\":[");
    for (unsigned int i = 0; i < m->nr_nodes * m->nr_nodes; i++)
        printf("%s%u", i ? "," : "", m->distance[i]);
    printf("]}}\n");
}

static void report_places(const char *name, const struct storm_domain *d)
{
    const char *comma = "";

    printf(",\"%s\":{", name);
    for (unsigned int n = 0; n < MAX_NODES; n++) {
        if (!d->on[n])
            continue;
        printf("%s\"%u\":%lu", comma, n, d->on[n]);
        comma = ",";
    }
    printf("}");
}

static void report_domain(const struct storm_domain *d, unsigned int number)
{
    static const char *const roles[] = {[ARRIVES] = "arrives", [STAYS] = "stays", [LEAVES] = "leaves"};
    static const char *const states[] = {
        [WAITING] = "waiting", [STARTED] = "started", [FAILED] = "failed", [GONE] = "gone"};

    printf("{\"domain\":%u,\"domid\":%u,\"role\":\"%s\",\"state\":\"%s\",\"pages\":%lu,\"order\":%u,"
           "\"wanted\":{",
           number, d->domid, roles[d->role], states[d->state], d->pages, d->order_limit - 1);
    for (unsigned int w = 0; w < d->nr_wanted; w++)
        printf("%s\"%u\":%lu", w ? "," : "", d->wanted[w].target, d->wanted[w].pages);
    printf("}");
    report_places("on", d);
    printf(",\"populated\":%lu,\"tries\":%u,\"wasted_tries\":%u,\"wasted_pages\":%lu,\"wasted_ns\":%lu",
           d->populated, d->tries, d->wasted_tries, d->wasted_pages, d->wasted_ns);
    if (d->wasted_tries)
        printf(",\"refused\":\"%s\"", d->refused);
    printf("}\n");
}

void report_storm(const struct storm *s)
{
    for (unsigned int i = 0; i < s->nr; i++)
        report_domain(&s->domain[i], i);
}

void report_end(const struct storm *s, const char *why)
{
    unsigned int arrivals = 0, started = 0;
    uint64_t wasted = 0;

    for (unsigned int i = 0; i < s->nr; i++) {
        const struct storm_domain *d = &s->domain[i];

        arrivals += d->role == ARRIVES;
        started += d->role == ARRIVES && (d->state == STARTED || d->state == GONE); /* it may be over */
        wasted += d->wasted_pages;
    }
    printf("{\"storm\":%lu,\"claims\":%s,\"evacuate\":%s,\"domains\":%u,\"started\":%u,\"wasted_pages\":%lu,"
           "\"ns\":%lu,\"ticks\":%lu,\"wrong\":",
           s->seed, yes(s->claims), yes(s->evacuate), arrivals, started, wasted, s->ns, s->ticks);
    if (why)
        printf("\"%s\"}\n", why);
    else
        printf("null}\n");
}
