/* SPDX-License-Identifier: MIT */
/* Assertions: the counters of the host and of domains, and the hypervisor's invariants. */
#include "cmd.h"
#include "option.h"
#include <string.h>

#define MAX_RECORDS (MAX_NODES + 1)

static void expect_number(const struct args *a, struct outcome *r, enum option o, uint64_t seen)
{
    if (given(a, o) && a->value[o] != seen)
        text_add(&r->why, "%sexpected %s=%lu, saw %lu", r->why.len ? "; " : "", option_name(o),
                 (unsigned long)a->value[o], (unsigned long)seen);
}

static void add_list(struct text *t, const uint64_t *v, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++)
        text_add(t, "%s%lu", i ? "," : "", (unsigned long)v[i]);
}

/* Nodes that the line does not name are not looked at; nodes that the machine does not have count as 0. */
static void expect_list(const struct args *a, struct outcome *r, enum option o, const uint64_t *seen)
{
    const struct list *l = option_list(a, o);

    if (!given(a, o) || !memcmp(l->v, seen, l->nr * sizeof(l->v[0])))
        return;
    text_add(&r->why, "%sexpected %s=", r->why.len ? "; " : "", option_name(o));
    add_list(&r->why, l->v, l->nr);
    text_add(&r->why, ", saw ");
    add_list(&r->why, seen, l->nr);
}

/* numainfo's free pages for each node; a node that is offline reports nonsense and counts as 0. */
static int read_free(uint64_t *seen, const struct counters *c)
{
    static xc_meminfo_t info[MAX_NODES];
    unsigned int nr = MAX_NODES;

    memset(info, 0, sizeof(info));
    if (xc_numainfo(xch, &nr, info, NULL))
        return errno;
    for (unsigned int i = 0; i < MAX_NODES; i++)
        seen[i] = i < nr && c->node[i].total ? info[i].memfree / PAGE_BYTES : 0;
    return 0;
}

/* physinfo and numainfo report in Xen's way, claiminfo in ours: they have to agree. */
static void host_state(const struct args *a, struct outcome *r)
{
    uint64_t seen_free[MAX_NODES], seen_claimed[MAX_NODES];
    struct counters c;
    xc_physinfo_t phys;

    r->err = read_counters(&c);
    if (!r->err)
        r->err = read_free(seen_free, &c);
    if (!r->err && xc_physinfo(xch, &phys))
        r->err = errno;
    if (r->err)
        return;
    for (unsigned int i = 0; i < MAX_NODES; i++) {
        seen_claimed[i] = c.node[i].claimed;
        if (seen_free[i] != c.node[i].free)
            text_add(&r->why, "numainfo and claiminfo differ on node %u; ", i);
    }
    if (phys.free_pages != c.free || phys.outstanding_pages != c.claimed)
        text_add(&r->why, "physinfo and claiminfo differ; ");
    expect_number(a, r, OPT_TOTAL, phys.free_pages);
    expect_number(a, r, OPT_CLAIMED, phys.outstanding_pages);
    expect_list(a, r, OPT_FREE, seen_free);
    expect_list(a, r, OPT_NODE_CLAIMED, seen_claimed);
}

/* The claim set, host-wide part and nodes. */
static int read_claims(uint32_t domid, uint64_t *host, uint64_t *nodes)
{
    static struct xen_memory_claim records[MAX_RECORDS];
    uint32_t nr = MAX_RECORDS;

    *host = 0;
    memset(nodes, 0, MAX_NODES * sizeof(*nodes));
    if (xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, records))
        return errno;
    for (uint32_t i = 0; i < nr; i++)
        if (records[i].target == XEN_DOMCTL_CLAIM_MEMORY_HOST)
            *host = records[i].pages;
        else if (records[i].target < MAX_NODES)
            nodes[records[i].target] = records[i].pages;
    return 0;
}

static void domain_state(const struct args *a, struct outcome *r, uint32_t domid)
{
    uint64_t host = 0, nodes[MAX_NODES];
    xc_domaininfo_t info;

    int found = xc_domain_getinfolist(xch, domid, 1, &info);
    if (found < 0)
        finish(r, found);
    else if (!found || info.domain != domid)
        r->err = ESRCH;
    else if (given(a, OPT_HOST) || given(a, OPT_NODES))
        r->err = read_claims(domid, &host, nodes);
    if (r->err)
        return;
    expect_number(a, r, OPT_PAGES, info.tot_pages);
    expect_number(a, r, OPT_CLAIMS, info.outstanding_pages);
    expect_number(a, r, OPT_HOST, host);
    expect_list(a, r, OPT_NODES, nodes);
}

void cmd_state(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (!a->dom)
        host_state(a, r);
    else if (line_domain(a, r, &domid))
        domain_state(a, r, domid);
}

/* A file passes on a release build, too; a person wants to know. */
void cmd_check(const struct args *a, struct outcome *r)
{
    struct xen_sysctl_allod_debug op = {.op = ALLOD_DEBUG_CHECK, .domid = DOMID_INVALID};
    int err = debug_command(&op);

    (void)a;
    if (interactive)
        r->err = err;
    r->needs_debug = r->err == ENOSYS;
    if (!err && op.result)
        text_add(&r->why, "an invariant of the hypervisor is broken, see its log");
}

void cmd_fail(const struct args *a, struct outcome *r)
{
    struct xen_sysctl_allod_debug op = {
        .op = ALLOD_DEBUG_FAIL,
        .nr_extents = a->count,
        .times = (uint32_t)option_or(a, OPT_TIMES, 1),
    };

    r->err = debug_command(&op);
    r->needs_debug = r->err == ENOSYS;
    r->counted = true;
    r->count = op.result;
    if (interactive && !r->err)
        out("%lu failed since the last fail\n", (unsigned long)r->count);
}
