/* SPDX-License-Identifier: MIT */
/* Listings: nodes, the heap, domains. */
#include "cmd.h"
#include "filler.h"
#include "fixture.h"
#include "table.h"
#include <stdio.h>
#include <string.h>

#define BAR 32U

static uint64_t mib(uint64_t pages)
{
    return pages >> 8;
}

static void add_distances(struct text *t, const uint32_t *distance, unsigned int from, unsigned int nr,
                          const struct counters *c)
{
    for (unsigned int to = 0; to < nr; to++)
        if (c->node[to].total)
            text_add(t, "%s%u", t->len ? " " : "", distance[from * nr + to]);
}

void cmd_nodes(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"node", 4, false},      {"total", 9, false},   {"free", 9, false},           {"claimed", 9, false},
        {"unclaimed", 9, false}, {"offline", 7, false}, {"unclaimed_MiB", 13, false}, {"distances", -9, true},
    };
    static uint32_t distance[MAX_NODES * MAX_NODES];
    static xc_meminfo_t memory[MAX_NODES];
    unsigned int nr = MAX_NODES;
    struct counters c;
    struct table t;

    r->err = read_counters(&c);
    if (!r->err && xc_numainfo(xch, &nr, memory, distance))
        r->err = errno;
    if (r->err)
        return;
    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (unsigned int i = 0; i < c.nr_nodes && i < nr; i++) {
        const xc_claiminfo_node_t *n = &c.node[i];
        struct text distances = {0};
        if (!n->total)
            continue;
        add_distances(&distances, distance, i, nr, &c);
        table_number(&t, i);
        table_number(&t, n->total);
        table_number(&t, n->free);
        table_number(&t, n->claimed);
        table_number(&t, n->free - n->claimed);
        table_number(&t, n->offlined);
        table_number(&t, mib(n->free - n->claimed));
        table_text(&t, distances.s);
    }
}

/* '#' is used, '+' is claimed, '.' is free for everybody. */
static void draw_bar(char *bar, const xc_claiminfo_node_t *n)
{
    uint64_t used = n->total - n->free;

    for (unsigned int i = 0; i < BAR; i++) {
        uint64_t at = n->total * i / BAR;
        bar[i] = at < used ? '#' : at < used + n->claimed ? '+' : '.';
    }
    bar[BAR] = 0;
}

/* Under a fixture the machine is what the `host` line left free, and what became of it since. */
static void apply_fixture(struct counters *c)
{
    const struct list *counts = fixture_counts();

    if (!counts)
        return;
    c->total = 0;
    for (unsigned int i = 0; i < c->nr_nodes; i++) {
        uint64_t left = i < counts->nr ? counts->v[i] : 0;
        c->node[i].total = left > c->node[i].free ? left : c->node[i].free;
        c->total += c->node[i].total;
    }
}

static void heap_row(struct table *t, const char *name, const xc_claiminfo_node_t *n)
{
    char bar[BAR + 1];

    if (!n->total)
        return;
    draw_bar(bar, n);
    table_text(t, name);
    table_number(t, n->total);
    table_number(t, n->total - n->free);
    table_number(t, n->claimed);
    table_number(t, n->free);
    table_text(t, bar);
}

void cmd_heap(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"where", -7, true},   {"total", 9, false}, {"used", 9, false},
        {"claimed", 9, false}, {"free", 9, false},  {"picture", -(int)BAR, true},
    };
    struct counters c;
    struct table t;

    r->err = read_counters(&c);
    if (r->err)
        return;
    apply_fixture(&c);
    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (unsigned int i = 0; i < c.nr_nodes; i++) {
        char name[16];
        snprintf(name, sizeof(name), "node %u", i);
        heap_row(&t, name, &c.node[i]);
    }
    xc_claiminfo_node_t host = {.total = c.total, .free = c.free, .claimed = c.claimed};
    heap_row(&t, "host", &host);
    if (!t.json)
        out("pages; # used or offline, + claimed, . free for everybody%s\n",
            fixture_counts() ? "; without the filler's" : "");
}

const char *domain_name(uint32_t domid)
{
    const struct known_domain *d;

    for (unsigned int i = 0; (d = known_domain_at(i)); i++)
        if (d->alive && d->domid == domid)
            return d->name;
    if (filler_exists() && filler_domid() == domid)
        return "(filler)";
    return domid ? "" : "(builder)";
}

const char *domain_state_name(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } states[] = {
        {XEN_DOMINF_dying, "dying"},     {XEN_DOMINF_shutdown, "shut down"}, {XEN_DOMINF_paused, "paused"},
        {XEN_DOMINF_running, "running"}, {XEN_DOMINF_blocked, "blocked"},
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (flags & states[i].flag)
            return states[i].name;
    return "ready";
}

void cmd_domains(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"domid", 5, false}, {"name", -12, true},   {"state", -9, true},      {"vcpus", 5, false},
        {"pages", 9, false}, {"claimed", 9, false}, {"max_pages", 14, false}, {"cpu_ms", 8, false},
    };
    xc_domaininfo_t info;
    struct table t;
    int found;

    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (uint32_t domid = 0; (found = xc_domain_getinfolist(xch, domid, 1, &info)) > 0;
         domid = info.domain + 1U) {
        table_number(&t, info.domain);
        table_text(&t, domain_name(info.domain));
        table_text(&t, domain_state_name(info.flags));
        table_number(&t, info.nr_online_vcpus);
        table_number(&t, info.tot_pages);
        table_number(&t, info.outstanding_pages);
        table_number(&t, info.max_pages);
        table_number(&t, info.cpu_time / 1000000);
    }
    finish(r, found);
}
