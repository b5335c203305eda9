/* SPDX-License-Identifier: MIT */
/* Free blocks of one node: lists by zone and order, splitting and merging. Knows nothing of claims. */
#pragma once

#include "heap.h"

struct zone {
    uint32_t nonempty;                    /* a bit for each order whose list holds a block */
    struct page_list free[MAX_ORDER + 1]; /* clean blocks first, dirty ones last */
};

/* Zones of a node, on cache lines of their own. Guarded by heap_lock. */
struct node_heap {
    struct zone zone[NR_ZONES];
} ALIGNED(64);
extern struct node_heap node_heap[MAX_NUMNODES];

/* The zone that a page lies in. */
static inline unsigned int zone_of(uint64_t frame)
{
    return frame >= 4 * GiB >> PAGE_SHIFT ? ZONE_HIGH : ZONE_LOW;
}

/* The state of a free block's first record. DIRTY is PGC_DIRTY or 0. */
static inline uint64_t free_block_state(nodeid_t node, unsigned int order, uint32_t dirty)
{
    return page_state(PGC_STATE_FREE | dirty, DOMID_INVALID, node, order);
}

/* Make all lists empty. */
void buddy_init(void) REQUIRES(heap_lock);

/* Take a block of exactly this order off the node's lists: the highest zone first, the smallest block that
 * fits, split if need be. NULL when there is none. Its first record says INUSE, and PGC_DIRTY if it is. */
struct page_info *buddy_take(nodeid_t node, unsigned int zone_lo, unsigned int zone_hi, unsigned int order)
    REQUIRES(heap_lock);

/* Put a block on the lists of NODE, merged with its free buddies; the merged block is dirty if any part is.
 * The records of all buddies up to MAX_ORDER must have been written before (mark_edges in heap_boot.c). */
void buddy_put(struct page_info *pg, nodeid_t node, unsigned int order, uint32_t dirty) REQUIRES(heap_lock);
