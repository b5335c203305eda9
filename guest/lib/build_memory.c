/* SPDX-License-Identifier: MIT */
/* The domain builder: populate memory in the largest extents that are to be had, node by node. */
#include "build_internal.h"

#define BATCH     256 /* extents for one hypercall */
#define MAX_ORDER 18U

/* Where the next page goes. */
struct cursor {
    uint64_t gfn, end; /* this RAM range */
    uint64_t above;    /* pages of RAM above 4 GiB, for when this range is full */
};

static void next_range(struct cursor *c)
{
    if (c->gfn < c->end || !c->above)
        return;
    c->gfn = PVH_HOLE_END >> XC_PAGE_SHIFT;
    c->end = c->gfn + c->above;
    c->above = 0;
}

/* The largest order whose extents are aligned at GFN and no larger than PAGES, LIMIT at most. */
static unsigned int fitting_order(uint64_t gfn, uint64_t pages, unsigned int limit)
{
    unsigned int order = 0;

    while (order < limit && !(gfn >> order & 1) && pages >> (order + 1))
        order++;
    return order;
}

/* One call for extents of this order. Returns the pages done. */
static uint64_t populate_extents(struct build *b, uint64_t gfn, uint64_t nr, unsigned int order,
                                 unsigned int mem_flags)
{
    xen_pfn_t extents[BATCH];
    int done;

    if (nr > BATCH)
        nr = BATCH;
    for (uint64_t i = 0; i < nr; i++)
        extents[i] = gfn + (i << order);
    done = xc_domain_populate_physmap(b->xch, b->domid, nr, order, mem_flags, extents);
    return done > 0 ? (uint64_t)done << order : 0;
}

/* The largest order that this build may use. */
static unsigned int first_limit(const struct guest_build_config *c)
{
    return c->order_limit && c->order_limit <= MAX_ORDER ? c->order_limit - 1 : MAX_ORDER;
}

static void count(const struct guest_build_config *c, uint64_t pages)
{
    if (c->populated)
        *c->populated += pages;
}

/* PAGES from where MEM_FLAGS say; FROM is that in words. An order that is not to be had is not tried again
 * here. */
static int populate_pages(struct build *b, struct cursor *c, uint64_t pages, unsigned int mem_flags,
                          const char *from)
{
    uint64_t left = pages;
    unsigned int limit = first_limit(b->config);

    while (left) {
        uint64_t room, done;
        unsigned int order;

        next_range(c);
        room = c->end - c->gfn < left ? c->end - c->gfn : left;
        order = fitting_order(c->gfn, room, limit);
        errno = ENOMEM; /* the call reports less than asked for, not an error */
        done = populate_extents(b, c->gfn, order == limit ? room >> order : 1, order, mem_flags);
        if (!done && !order)
            return build_fail(b, "populate_physmap, %lu of %lu pages from %s", pages - left, pages, from);
        if (!done)
            limit = order - 1;
        c->gfn += done;
        left -= done;
        count(b->config, done);
    }
    return 0;
}

static unsigned int node_flags(const struct guest_build_config *c, uint32_t node)
{
    return c->only_hints ? XENMEMF_node(node) : XENMEMF_exact_node(node);
}

int build_populate_extra(struct build *b)
{
    uint64_t pages = guest_build_extra(b->config);

    for (uint64_t i = 0; i < pages; i++) {
        errno = ENOMEM;
        if (!populate_extents(b, (PVH_ACPI_START >> XC_PAGE_SHIFT) + i, 1, 0, 0))
            return build_fail(b, "acpi_tables, %lu of %lu pages", i, pages);
    }
    return 0;
}

int build_populate(struct build *b)
{
    const struct guest_build_config *c = b->config;
    uint64_t left = c->pages, hole = PVH_HOLE_START >> XC_PAGE_SHIFT;
    struct cursor cursor = {.end = left < hole ? left : hole, .above = left < hole ? 0 : left - hole};
    char from[24];

    for (unsigned int i = 0; i < c->nr_claims && left; i++) {
        uint64_t pages = c->claims[i].pages < left ? c->claims[i].pages : left;

        if (!build_is_node(&c->claims[i]))
            continue; /* from any node */
        snprintf(from, sizeof(from), "node %u", c->claims[i].target);
        if (populate_pages(b, &cursor, pages, node_flags(c, c->claims[i].target), from))
            return -1;
        left -= pages;
    }
    return populate_pages(b, &cursor, left, 0, "any node");
}
