/* SPDX-License-Identifier: MIT */
/* Free blocks by page: which one a page lies in, and the splitter that carves a single page out of one. */
#include "buddy.h"
#include "heap_ranges.h"

/* Records outside RAM may never have been written. Inside, the first page of the aligned neighbourhood of
 * each order is the first page of some block, or lies in the same block as FRAME, which is then smaller: from
 * the largest order down, the first record that says just this order is the right one. */
struct page_info *buddy_find(uint64_t frame)
{
    const struct mem_range *range = heap_range_of(frame);

    buddy_list_fresh(frame);
    for (unsigned int order = MAX_ORDER + 1; order-- > 0;) {
        uint64_t first = frame & ~((1UL << order) - 1);
        struct page_info pg;

        if (first < range->start.v || first + (1UL << order) > range->end.v)
            continue;
        pg.state = __atomic_load_n(&frame_table[first].state, __ATOMIC_ACQUIRE);
        if (pg.order == order &&
            ((pg.count_info & PGC_STATE_MASK) == PGC_STATE_FREE || pg.count_info & PGC_TAKEN))
            return &frame_table[first];
    }
    return &frame_table[frame];
}

static void put_half(struct page_info *pg, nodeid_t node, unsigned int order, uint32_t dirt)
    REQUIRES(heap_lock)
{
    struct zone *zone = &node_heap[node].zone[zone_of(frame_of(pg))];

    WRITE_ONCE(pg->state, free_block_state(node, order, dirt));
    zone_add_block(zone, pg, order, dirt != 0);
    dirty_pages += dirty_in(dirt, order);
}

void buddy_carve(struct page_info *head, struct page_info *pg)
{
    const nodeid_t node = READ_ONCE(head->node);
    unsigned int order = READ_ONCE(head->order);
    uint32_t lower = READ_ONCE(head->count_info) & PGC_DIRT_MASK;

    zone_remove_block(&node_heap[node].zone[zone_of(frame_of(head))], head, order);
    dirty_pages -= dirty_in(lower, order);
    while (order-- > 0) {
        struct page_info *half = head + (1UL << order);
        uint32_t upper = upper_dirt(&lower, order);

        if (pg < half) {
            put_half(half, node, order, upper);
        } else {
            put_half(head, node, order, lower);
            head = half;
            lower = upper;
        }
    }
}
