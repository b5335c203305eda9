/* SPDX-License-Identifier: MIT */
/* The buddy allocator's mechanism: free lists, splitting, merging. Only first records of blocks are trusted.
 *
 * Why that is safe: blocks are naturally aligned, so the buddy of a block of order k is either wholly inside
 * a block of order <= k that begins where the buddy begins, or not RAM (marked PGC_STATE_NONE at boot). A
 * larger block that covered the buddy would cover the block itself. */
#include "buddy.h"

struct node_heap node_heap[MAX_NUMNODES];
unsigned long dirty_pages;

void buddy_init(void)
{
    dirty_pages = 0;
    for (unsigned int n = 0; n < MAX_NUMNODES; n++)
        for (unsigned int z = 0; z < NR_ZONES; z++) {
            node_heap[n].zone[z].nonempty = 0;
            for (unsigned int order = 0; order <= MAX_ORDER; order++)
                page_list_init(&node_heap[n].zone[z].free[order]);
        }
}

static void add_block(struct zone *zone, struct page_info *pg, unsigned int order, bool dirty)
{
    if (dirty)
        page_list_add_tail(&zone->free[order], pg);
    else
        page_list_add_head(&zone->free[order], pg);
    zone->nonempty |= 1U << order;
}

static void remove_block(struct zone *zone, const struct page_info *pg, unsigned int order)
{
    page_list_remove(&zone->free[order], pg);
    if (page_list_empty(&zone->free[order]))
        zone->nonempty &= ~(1U << order);
}

/* Keep the lowest 2^order pages of a block of order FOUND. All lists between the two orders are empty, or the
 * block would have come from there: each upper half becomes the only block of its list. */
static void split_block(struct zone *zone, struct page_info *pg, unsigned int found, unsigned int order)
{
    uint64_t state = free_block_state(pg->node, 0, pg->count_info & PGC_DIRTY);

    zone->nonempty |= (1U << found) - (1U << order);
    while (found-- > order) {
        struct page_info *upper = pg + (1UL << found);

        upper->next = upper->prev = FRAME_NONE;
        upper->state = state;
        upper->order = (uint8_t)found;
        zone->free[found].head = zone->free[found].tail = frame_of(upper);
    }
}

static struct page_info *take_from_zone(struct zone *zone, unsigned int order)
{
    uint32_t fits = zone->nonempty & (~0U << order);
    struct page_info *pg;
    unsigned int found;

    if (!fits)
        return NULL;
    found = ffs64(fits);
    pg = page_list_pop(&zone->free[found]);
    if (page_list_empty(&zone->free[found]))
        zone->nonempty &= ~(1U << found);
    if (found > order)
        split_block(zone, pg, found, order);
    return pg;
}

struct page_info *buddy_take(nodeid_t node, unsigned int zone_lo, unsigned int zone_hi, unsigned int order)
{
    struct page_info *pg = NULL;

    for (unsigned int z = zone_hi + 1; !pg && z-- > zone_lo;)
        pg = take_from_zone(&node_heap[node].zone[z], order);
    if (!pg)
        return NULL;
    pg->count_info = PGC_STATE_INUSE | (pg->count_info & PGC_DIRTY);
    pg->order = (uint8_t)order;
    if (pg->count_info & PGC_DIRTY)
        dirty_pages -= 1UL << order;
    return pg;
}

void buddy_put(struct page_info *pg, nodeid_t node, unsigned int order, uint32_t dirty)
{
    struct page_info *const table = frame_table;
    struct zone *const zone = &node_heap[node].zone[zone_of(frame_of(pg))];
    uint64_t frame = frame_of(pg);

    dirty_pages += dirty ? 1UL << order : 0;
    for (; order < MAX_ORDER; order++) {
        const struct page_info *buddy = &table[frame ^ (1UL << order)];
        const uint64_t state = READ_ONCE(buddy->state);

        if ((state & ~(uint64_t)PGC_DIRTY) != free_block_state(node, order, 0))
            break;
        remove_block(zone, buddy, order);
        if ((state & PGC_DIRTY) != dirty) {
            dirty_pages += 1UL << order; /* the clean half becomes dirty with the other */
            dirty = PGC_DIRTY;
        }
        frame &= ~(1UL << order);
    }
    pg = &table[frame];
    pg->state = free_block_state(node, order, dirty);
    add_block(zone, pg, order, dirty != 0);
}
