/* SPDX-License-Identifier: MIT */
/* Free blocks of one node: lists by zone and order, splitting and merging. Knows nothing of claims. */
#pragma once

#include "heap.h"

struct zone {
    uint32_t nonempty;                    /* a bit for each order whose list holds a block */
    uint32_t nr_fresh;                    /* blocks of MAX_ORDER beside the lists: see buddy_add_fresh */
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

/* What a block's first record says about clean and dirty pages ("dirt"): 0, or PGC_DIRTY with the number of
 * clean pages that it begins with. */
#define PGC_DIRT_MASK (PGC_DIRTY | PGC_CLEAN_MASK)

static inline unsigned long dirty_in(uint32_t dirt, unsigned int order)
{
    return dirt & PGC_DIRTY ? (1UL << order) - (dirt & PGC_CLEAN_MASK) : 0;
}

/* The state of a free block's first record. */
static inline uint64_t free_block_state(nodeid_t node, unsigned int order, uint32_t dirt)
{
    return page_state(PGC_STATE_FREE | dirt, DOMID_INVALID, node, order);
}

/* What is dirty of the upper half of a block of order ORDER + 1; *dirt becomes the lower half's. */
static inline uint32_t upper_dirt(uint32_t *dirt, unsigned int order)
{
    const uint32_t whole = *dirt;

    if (!(whole & PGC_DIRTY))
        return 0;
    if ((whole & PGC_CLEAN_MASK) < 1U << order)
        return PGC_DIRTY;
    *dirt = 0;
    return whole - (1U << order);
}

/* Put a block on the list of its order, or take it off. */
void zone_add_block(struct zone *zone, struct page_info *pg, unsigned int order, bool dirty)
    REQUIRES(heap_lock);
void zone_remove_block(struct zone *zone, const struct page_info *pg, unsigned int order) REQUIRES(heap_lock);

/* Make all lists empty. */
void buddy_init(void) REQUIRES(heap_lock);

/* Boot, ascending: the block of MAX_ORDER at FRAME is NODE's, free and dirty. It is not on the lists, and its
 * record is not written before it is needed, so that boot touches no memory for it. */
void buddy_add_fresh(uint64_t frame, nodeid_t node) REQUIRES(heap_lock);

/* If FRAME lies in a fresh block: put fresh blocks on their list until it does not. */
void buddy_list_fresh(uint64_t frame) REQUIRES(heap_lock);

/* Take a block of exactly this order off the node's lists: the highest zone first, the smallest block that
 * fits, split if need be. NULL when there is none. Its first record says INUSE, PGC_TAKEN, and what is dirty
 * of it. */
struct page_info *buddy_take(nodeid_t node, unsigned int zone_lo, unsigned int zone_hi, unsigned int order)
    REQUIRES(heap_lock);

/* The order of the block that the node's next single page comes from. */
unsigned int buddy_next_order(nodeid_t node, unsigned int zone_lo, unsigned int zone_hi) REQUIRES(heap_lock);

/* Put a block on the lists of NODE, merged with its free buddies. Pages behind a dirty one count as dirty.
 * The records of all buddies up to MAX_ORDER must have been written before (mark_edges in heap_boot.c). */
void buddy_put(struct page_info *pg, nodeid_t node, unsigned int order, uint32_t dirt) REQUIRES(heap_lock);

/* The first page of the free block that FRAME, one of the heap's, lies in, or of one whose records are being
 * written (PGC_TAKEN). Otherwise FRAME's own record, which is valid. */
struct page_info *buddy_find(uint64_t frame) REQUIRES(heap_lock);

/* Take one page out of the free block that begins at HEAD; the rest stays free, in blocks as large as can be.
 * The caller writes the page's record. */
void buddy_carve(struct page_info *head, struct page_info *pg) REQUIRES(heap_lock);

/* Scrub up to NR pages of one free block, where it lies, on node NEAR if any is dirty there. Returns how
 * many: 0 when no free page is dirty. */
unsigned long buddy_scrub(nodeid_t near, unsigned long nr) REQUIRES(heap_lock);
