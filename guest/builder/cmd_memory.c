/* SPDX-License-Identifier: MIT */
/* Commands on a domain's memory: populate, release, exchange; allocate without counting. */
#include "cmd.h"
#include <string.h>

#define BATCH 4096U /* extents in one call */
#define RUNS  64U

static xen_pfn_t frames[BATCH], new_frames[BATCH];

/* XENMEMF_* of node= and exact. */
static unsigned int memory_flags(const struct args *a)
{
    unsigned int flags = given(a, OPT_NODE) ? XENMEMF_node((unsigned int)a->value[OPT_NODE]) : 0;

    return flags | (given(a, OPT_EXACT) ? XENMEMF_exact_node_request : 0);
}

static unsigned int next_batch(uint64_t done, uint64_t wanted)
{
    return wanted - done < BATCH ? (unsigned int)(wanted - done) : BATCH;
}

/* Guest frames for the next NR extents; the domain's counter moves on when the extents are there. */
static uint64_t lay_out(const struct known_domain *d, unsigned int nr, unsigned int order)
{
    uint64_t size = 1UL << order, first = d ? (d->next_gfn + size - 1) & ~(size - 1) : 0;

    for (unsigned int i = 0; i < nr; i++)
        frames[i] = first + i * size;
    return first;
}

/* A domain that was not made here gets its memory at frame 0. */
void cmd_populate(const struct args *a, struct outcome *r)
{
    struct known_domain *d = known_domain(a->dom);
    unsigned int order = (unsigned int)option_or(a, OPT_ORDER, 0);
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    r->counted = true;
    r->wanted = a->count;
    if (d && d->alive && order <= 18 && a->count < 1UL << 32)
        reserve_tables(d, a->count << order, order);
    do {
        unsigned int nr = next_batch(r->count, a->count);
        uint64_t first = lay_out(d, nr, order < 48 ? order : 48);
        int rc = xc_domain_populate_physmap(xch, domid, nr, order, memory_flags(a), frames);
        if (rc < 0)
            finish(r, rc);
        if (rc <= 0)
            return;
        r->count += (unsigned int)rc;
        if (d)
            d->next_gfn = first + ((uint64_t)rc << order);
        if ((unsigned int)rc < nr)
            return;
    } while (r->count < a->count);
}

void cmd_noref(const struct args *a, struct outcome *r)
{
    struct xen_sysctl_allod_debug op = {.op = ALLOD_DEBUG_NOREF};
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    op.domid = (domid_t)domid;
    op.order = (uint16_t)option_or(a, OPT_ORDER, 0);
    op.mem_flags = memory_flags(a);
    op.nr_extents = a->count;
    r->err = debug_command(&op);
    r->needs_debug = r->err == ENOSYS;
    r->counted = true;
    r->count = op.result;
    r->wanted = a->count;
}

/* Collect the first WANTED frames of the domain that lie on NODE, at most one batch. Their number, or -1. */
static int find_frames(uint32_t domid, unsigned int node, unsigned int wanted)
{
    static struct xen_domain_map_run runs[RUNS];
    unsigned int nr = 0;

    for (uint64_t gfn = 0; gfn != ~0UL && nr < wanted;) {
        int n = xc_domain_map_runs(xch, domid, &gfn, RUNS, runs);
        if (n < 0)
            return -1;
        for (int i = 0; i < n; i++)
            for (uint64_t k = 0; runs[i].node == node && k < runs[i].nr_pages && nr < wanted; k++)
                frames[nr++] = runs[i].gfn + k;
    }
    return (int)nr;
}

void cmd_release(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    r->counted = true;
    r->wanted = a->count;
    while (r->count < a->count) {
        int nr = find_frames(domid, (unsigned int)a->value[OPT_NODE], next_batch(r->count, a->count));
        int rc = nr > 0 ? xc_domain_decrease_reservation(xch, domid, (unsigned int)nr, 0, frames) : nr;
        if (rc < 0)
            finish(r, rc);
        if (rc <= 0)
            return;
        r->count += (unsigned int)rc;
    }
}

void cmd_exchange(const struct args *a, struct outcome *r)
{
    struct known_domain *d = known_domain(a->dom);
    struct xen_memory_exchange op;
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    if (d && d->alive)
        reserve_tables(d, 0, 0); /* large mappings may have to be split */
    int nr = find_frames(domid, (unsigned int)a->value[OPT_FROM], next_batch(0, a->count));
    if (nr < 0) {
        finish(r, nr);
        return;
    }
    if ((unsigned int)nr < a->count) {
        text_add(&r->why, "the domain has only %d pages on node %lu", nr, (unsigned long)a->value[OPT_FROM]);
        return;
    }
    memset(&op, 0, sizeof(op));
    memcpy(new_frames, frames, sizeof(frames));
    op.in.nr_extents = op.out.nr_extents = a->count;
    op.in.domid = op.out.domid = (domid_t)domid;
    op.out.mem_flags = given(a, OPT_TO) ? XENMEMF_exact_node((unsigned int)a->value[OPT_TO]) : 0;
    set_xen_guest_handle(op.in.extent_start, frames);
    set_xen_guest_handle(op.out.extent_start, new_frames);
    finish(r, (int)xc_memory_op(xch, XENMEM_exchange, &op, sizeof(op)));
}
