/* SPDX-License-Identifier: MIT */
/* The heap: allocation under the protection of claims, and the counters that make each check O(1). */
#include "buddy.h"
#include "claims.h"
#include "fault.h"
#include "observe.h"
#include "offline.h"
#include "placement.h"

struct page_info *frame_table;

spinlock_t heap_lock = SPINLOCK_INIT(RANK_HEAP, "heap");

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

/* Scrub what is dirty of a block, unless the caller does that. Returns what is left of it: PGC_DIRTY or 0. */
static uint32_t clean(struct page_info *pg, unsigned int order, unsigned int memflags)
{
    const uint32_t dirt = READ_ONCE(pg->count_info) & PGC_DIRT_MASK;

    if (dirt && order)
        pg[1].next = dirt & PGC_CLEAN_MASK;
    if (!dirt || (memflags & MEMF_no_scrub))
        return dirt & PGC_DIRTY;
    scrub_pages(pg, order);
    return 0;
}

/* While the first record says PGC_TAKEN, nobody else looks at the others: this needs no lock. What is
 * scrubbed is so by now: from here on others who know a page can get references on it. */
static void write_records(struct page_info *pg, nodeid_t node, unsigned int order, unsigned int memflags,
                          const struct domain_mem *d, uint32_t dirty)
{
    const uint64_t state = MEMF_counted(d, memflags) ? page_state(PGC_ALLOCATED | 1, d->domid, node, order)
                                                     : page_state(0, DOMID_INVALID, node, order);

    for (unsigned long i = 1; i < 1UL << order; i++)
        __atomic_store_n(&pg[i].state, state, __ATOMIC_RELEASE);
    __atomic_store_n(&pg->state, state | dirty, __ATOMIC_RELEASE);
}

struct page_info *alloc_heap_pages(unsigned int zone_lo, unsigned int zone_hi, unsigned int order,
                                   unsigned int memflags, struct domain_mem *d)
{
    struct page_info *pg = NULL;
    unsigned long request;
    nodeid_t node = NUMA_NO_NODE;

    if (order > MAX_ORDER || fault_strikes("heap"))
        return NULL;
    spin_lock(&heap_lock);
    if (memflags & MEMF_run)
        order = MIN(order, buddy_next_order(MEMF_get_node(memflags), zone_lo, zone_hi));
    request = 1UL << order;
    if (claims_permit_request(request, total_avail_pages, memflags, NUMA_NO_NODE, d, outstanding_claims))
        pg = get_free_buddy(zone_lo, zone_hi, order, memflags, d);
    if (pg) {
        node = READ_ONCE(pg->node);
        /* Claims and free counters together, under one lock: I1 and I2 never break. */
        if (MEMF_counted(d, memflags))
            redeem_claims_for_allocation(d, request, node);
        total_avail_pages -= request;
        node_avail_pages[node] -= request;
        if (d && !(memflags & MEMF_no_owner))
            d->last_alloc_node = node;
    }
    spin_unlock(&heap_lock);
    if (!pg)
        return NULL;
    write_records(pg, node, order, memflags, d, clean(pg, order, memflags));
    trace(TRACE_HEAP, "order %u at %#lx of node %u for d%d", order, page_to_mfn(pg).v, node,
          d ? d->domid : -1);
    return pg;
}

void free_heap_pages(struct page_info *pg, unsigned int order)
{
    const nodeid_t node = READ_ONCE(pg->node);
    unsigned long freed = 1UL << order;

    ASSERT(!(READ_ONCE(pg->count_info) & (PGC_STATE_MASK | PGC_ALLOCATED | PGC_COUNT_MASK)));
    ASSERT(!(page_to_mfn(pg).v & ((1UL << order) - 1)));
    spin_lock(&heap_lock);
    if (unlikely(pending_pages))
        freed = put_unmarked_pages(pg, node, order);
    else
        buddy_put(pg, node, order, PGC_DIRTY);
    total_avail_pages += freed;
    node_avail_pages[node] += freed;
    spin_unlock(&heap_lock);
    if (unlikely(freed != 1UL << order))
        log_info("%lu pages of node %u are offline: they were marked when order %u at %#lx was freed\n",
                 (1UL << order) - freed, node, order, page_to_mfn(pg).v);
    trace(TRACE_HEAP, "order %u at %#lx of node %u is free", order, page_to_mfn(pg).v, node);
}
