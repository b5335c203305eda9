/* SPDX-License-Identifier: MIT */
/* What is free and claimed, and that it adds up. */
#include "race.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/version.h>

#define MAX_NODES 64U

static void add_up(struct racer *r, const struct memory *m, const xc_claiminfo_node_t *nodes, unsigned int nr)
{
    uint64_t total = 0, free = 0, claimed = 0;

    for (unsigned int n = 0; n < nr; n++) {
        total += nodes[n].total;
        free += nodes[n].free;
        claimed += nodes[n].claimed;
        crew_at_most(r, "claimed on a node, of what is free there", (int64_t)nodes[n].free,
                     (int64_t)nodes[n].claimed);
    }
    crew_equal(r, "sum of the nodes' pages", (int64_t)m->total, (int64_t)total);
    crew_equal(r, "sum of the nodes' free pages", (int64_t)m->free, (int64_t)free);
    crew_at_least(r, "claimed in all, as on nodes", (int64_t)claimed, (int64_t)m->claimed);
    crew_at_most(r, "claimed, of what is free", (int64_t)m->free, (int64_t)m->claimed);
}

struct memory memory_now(struct racer *r)
{
    xc_claiminfo_node_t nodes[MAX_NODES];
    unsigned int nr = MAX_NODES;
    xc_claiminfo_t info;
    struct memory m = {0};

    if (xc_claiminfo(r->xch, &nr, nodes, &info) || nr < NR_NODES) {
        crew_fail(r, "claiminfo: errno %d, %u nodes", errno, nr);
        return m;
    }
    m = (struct memory){
        .total = info.total, .free = info.free, .claimed = info.claimed, .recalled = info.recalled};
    for (unsigned int n = 0; n < NR_NODES; n++) {
        m.node_total[n] = nodes[n].total;
        m.node_free[n] = nodes[n].free;
        m.node_claimed[n] = nodes[n].claimed;
    }
    add_up(r, &m, nodes, nr);
    return m;
}

static void expect_same(struct racer *r, const char *when, const char *what, uint64_t before, uint64_t now)
{
    if (before != now)
        crew_fail(r, "%s, %s: expected %lu, seen %lu", when, what, before, now);
}

void expect_same_memory(struct racer *r, const char *when, const struct memory *before)
{
    struct memory now = memory_now(r);

    expect_same(r, when, "pages", before->total, now.total);
    expect_same(r, when, "free pages", before->free, now.free);
    expect_same(r, when, "claimed pages", before->claimed, now.claimed);
    for (unsigned int n = 0; n < NR_NODES; n++) {
        expect_same(r, when, n ? "free pages of node 1" : "free pages of node 0", before->node_free[n],
                    now.node_free[n]);
        expect_same(r, when, n ? "claimed pages of node 1" : "claimed pages of node 0",
                    before->node_claimed[n], now.node_claimed[n]);
    }
}

/* A release build has no such call: ENOSYS. */
static uint64_t debug_call(struct racer *r, uint32_t operation, unsigned long nr)
{
    struct xen_sysctl_allod_debug op = {.op = operation, .domid = DOMID_INVALID, .nr_extents = nr};

    if (xc_allod_debug(r->xch, &op) == 0)
        return op.result;
    if (errno != ENOSYS)
        crew_fail(r, "allod_debug %u: errno %d", operation, errno);
    return 0;
}

void expect_invariants(struct racer *r)
{
    crew_equal(r, "broken invariants", 0, (int64_t)debug_call(r, ALLOD_DEBUG_CHECK, 0));
}

void set_call_budget(struct racer *r, unsigned long pages)
{
    debug_call(r, ALLOD_DEBUG_BUDGET, pages);
}

void print_build(xc_interface *xch)
{
    xen_changeset_info_t build = "";

    xc_version(xch, XENVER_changeset, &build);
    if (strstr(build, " debug"))
        printf("# debug build: invariants are checked after each round, some cases interrupt calls after "
               "every page\n");
    else
        printf("# release build: invariants are not checked, and no calls are interrupted on purpose\n");
}
