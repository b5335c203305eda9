/* SPDX-License-Identifier: MIT */
/* The heap: allocation under the protection of claims, and the counters that make each check O(1). */
#include "buddy.h"
#include "claims.h"
#include "observe.h"
#include "placement.h"

struct page_info *frame_table;

spinlock_t heap_lock = SPINLOCK_INIT(RANK_HEAP, "heap_lock");

unsigned long total_avail_pages;
unsigned long outstanding_claims;
unsigned long node_avail_pages[MAX_NUMNODES];
unsigned long node_outstanding_claims[MAX_NUMNODES];

/* Find and take a block: nodes in the order of preference, a node only if claims leave enough of it. */
static struct page_info *get_free_buddy(unsigned int zone_lo, unsigned int zone_hi, unsigned int order,
                                        unsigned int memflags, const struct domain_mem *d) REQUIRES(heap_lock)
{
    struct node_search search = node_search_start(memflags, d);
    nodeid_t node;

    while ((node = node_search_next(&search)) != NUMA_NO_NODE) {
        struct page_info *pg;

        if (!claims_permit_request(1UL << order, node_avail_pages[node], memflags, node, d,
                                   node_outstanding_claims[node]))
            continue;
        pg = buddy_take(node, zone_lo, zone_hi, order);
        if (pg)
            return pg;
    }
    return NULL;
}

/* Nobody else looks at the records of a block that was taken: this needs no lock. */
static void write_records(struct page_info *pg, unsigned int order, unsigned int memflags,
                          const struct domain_mem *d, uint32_t dirty)
{
    const uint64_t state = MEMF_counted(d, memflags)
                               ? page_state(PGC_ALLOCATED | 1, d->domid, pg->node, order)
                               : page_state(0, DOMID_INVALID, pg->node, order);

    for (unsigned long i = 1; i < 1UL << order; i++)
        pg[i].state = state;
    pg->state = state | dirty;
}

struct page_info *alloc_heap_pages(unsigned int zone_lo, unsigned int zone_hi, unsigned int order,
                                   unsigned int memflags, struct domain_mem *d)
{
    const unsigned long request = 1UL << order;
    struct page_info *pg = NULL;
    uint32_t dirt;

    if (order > MAX_ORDER)
        return NULL;
    spin_lock(&heap_lock);
    if (claims_permit_request(request, total_avail_pages, memflags, NUMA_NO_NODE, d, outstanding_claims))
        pg = get_free_buddy(zone_lo, zone_hi, order, memflags, d);
    if (pg) {
        /* Claims and free counters together, under one lock: I1 and I2 never break. */
        if (MEMF_counted(d, memflags))
            redeem_claims_for_allocation(d, request, pg->node);
        total_avail_pages -= request;
        node_avail_pages[pg->node] -= request;
        if (d && !(memflags & MEMF_no_owner))
            d->last_alloc_node = pg->node;
    }
    spin_unlock(&heap_lock);
    if (!pg)
        return NULL;
    trace(TRACE_HEAP, "order %u at %#lx of node %u for d%d", order, page_to_mfn(pg).v, pg->node,
          d ? d->domid : -1);
    dirt = pg->count_info & PGC_DIRT_MASK;
    write_records(pg, order, memflags, d, dirt & PGC_DIRTY);
    if (dirt && !(memflags & MEMF_no_scrub))
        scrub_rest(pg, dirt & PGC_CLEAN_MASK, order);
    return pg;
}

void free_heap_pages(struct page_info *pg, unsigned int order)
{
    const nodeid_t node = pg->node;

    ASSERT(!(pg->count_info & (PGC_STATE_MASK | PGC_ALLOCATED | PGC_COUNT_MASK)));
    ASSERT(!(page_to_mfn(pg).v & ((1UL << order) - 1)));
    spin_lock(&heap_lock);
    total_avail_pages += 1UL << order;
    node_avail_pages[node] += 1UL << order;
    buddy_put(pg, node, order, PGC_DIRTY);
    spin_unlock(&heap_lock);
    trace(TRACE_HEAP, "order %u at %#lx of node %u is free", order, page_to_mfn(pg).v, node);
}
