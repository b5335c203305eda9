/* SPDX-License-Identifier: MIT */
/* The buddy allocator's mechanism: free lists, splitting, merging. Only first records of blocks are trusted.
 *
 * Why that is safe: blocks are naturally aligned, so the buddy of a block of order k is either wholly inside
 * a block of order <= k that begins where the buddy begins, or not RAM (marked PGC_STATE_NONE at boot). A
 * larger block that covered the buddy would cover the block itself. */
#include "buddy.h"
#include "bootmem.h"
#include "log.h"

#define BLOCK_PAGES (1UL << MAX_ORDER)

struct node_heap node_heap[MAX_NUMNODES];
unsigned long dirty_pages;

/* Where the blocks that zone.nr_fresh counts lie; each range in one zone, so that one RAM range may become
 * two. */
static struct mem_range fresh[BOOTMEM_MAX_RANGES + 1] GUARDED_BY(heap_lock);
static unsigned int nr_fresh_ranges GUARDED_BY(heap_lock);

void buddy_init(void)
{
    dirty_pages = 0;
    nr_fresh_ranges = 0;
    for (unsigned int n = 0; n < MAX_NUMNODES; n++)
        for (unsigned int z = 0; z < NR_ZONES; z++) {
            node_heap[n].zone[z].nonempty = node_heap[n].zone[z].nr_fresh = 0;
            for (unsigned int order = 0; order <= MAX_ORDER; order++)
                page_list_init(&node_heap[n].zone[z].free[order]);
        }
}

void zone_add_block(struct zone *zone, struct page_info *pg, unsigned int order, bool dirty)
{
    if (dirty)
        page_list_add_tail(&zone->free[order], pg);
    else
        page_list_add_head(&zone->free[order], pg);
    zone->nonempty |= 1U << order;
}

void zone_remove_block(struct zone *zone, const struct page_info *pg, unsigned int order)
{
    page_list_remove(&zone->free[order], pg);
    if (page_list_empty(&zone->free[order]))
        zone->nonempty &= ~(1U << order);
}

void buddy_add_fresh(uint64_t frame, nodeid_t node)
{
    struct mem_range *last = nr_fresh_ranges ? &fresh[nr_fresh_ranges - 1] : NULL;

    node_heap[node].zone[zone_of(frame)].nr_fresh++;
    dirty_pages += BLOCK_PAGES;
    if (last && last->end.v == frame && last->node == node && zone_of(last->start.v) == zone_of(frame)) {
        last->end.v += BLOCK_PAGES;
        return;
    }
    BUG_ON(nr_fresh_ranges == ARRAY_SIZE(fresh));
    fresh[nr_fresh_ranges++] = (struct mem_range){mfn(frame), mfn(frame + BLOCK_PAGES), node};
}

/* Put the zone's lowest fresh block on its list. */
static NOINLINE void list_fresh_block(nodeid_t node, unsigned int z) REQUIRES(heap_lock)
{
    struct zone *const zone = &node_heap[node].zone[z];

    for (unsigned int i = 0; i < nr_fresh_ranges; i++) {
        struct mem_range *r = &fresh[i];
        struct page_info *pg = &frame_table[r->start.v];

        if (r->node != node || r->start.v == r->end.v || zone_of(r->start.v) != z)
            continue;
        r->start.v += BLOCK_PAGES;
        zone->nr_fresh--;
        WRITE_ONCE(pg->state, free_block_state(node, MAX_ORDER, PGC_DIRTY));
        zone_add_block(zone, pg, MAX_ORDER, true);
        return;
    }
}

void buddy_list_fresh(uint64_t frame)
{
    for (unsigned int i = 0; i < nr_fresh_ranges; i++)
        while (frame >= fresh[i].start.v && frame < fresh[i].end.v)
            list_fresh_block(fresh[i].node, zone_of(frame));
}

/* Keep the lowest 2^order pages of a block of order FOUND. All lists between the two orders are empty, or the
 * block would have come from there: each upper half becomes the only block of its list. DIRT is the whole
 * block's; returns what of it is left. */
static uint32_t split_block(struct zone *zone, struct page_info *pg, unsigned int found, unsigned int order,
                            uint32_t dirt)
{
    const nodeid_t node = READ_ONCE(pg->node);

    zone->nonempty |= (1U << found) - (1U << order);
    while (found-- > order) {
        struct page_info *upper = pg + (1UL << found);

        upper->next = upper->prev = FRAME_NONE;
        WRITE_ONCE(upper->state, free_block_state(node, found, upper_dirt(&dirt, found)));
        zone->free[found].head = zone->free[found].tail = frame_of(upper);
    }
    return dirt;
}

static struct page_info *take_from_zone(struct zone *zone, uint32_t fits, unsigned int order, uint32_t *dirt)
    REQUIRES(heap_lock)
{
    const unsigned int found = ffs64(fits);
    struct page_list *const list = &zone->free[found];
    struct page_info *pg = page_list_pop(list);

    if (page_list_empty(list))
        zone->nonempty &= ~(1U << found);
    *dirt = READ_ONCE(pg->count_info) & PGC_DIRT_MASK;
    if (found > order)
        *dirt = split_block(zone, pg, found, order, *dirt);
    return pg;
}

struct page_info *buddy_take(nodeid_t node, unsigned int zone_lo, unsigned int zone_hi, unsigned int order)
{
    struct zone *zone = &node_heap[node].zone[zone_hi + 1];
    struct page_info *pg = NULL;
    uint32_t dirt;

    for (unsigned int z = zone_hi + 1; !pg && z-- > zone_lo;) {
        uint32_t fits = (--zone)->nonempty & (~0U << order);

        if (!fits && zone->nr_fresh) {
            list_fresh_block(node, z);
            fits = 1U << MAX_ORDER;
        }
        if (fits)
            pg = take_from_zone(zone, fits, order, &dirt);
    }
    if (!pg)
        return NULL;
    WRITE_ONCE(pg->state, page_state(PGC_STATE_INUSE | PGC_TAKEN | dirt, DOMID_INVALID, node, order));
    dirty_pages -= dirty_in(dirt, order);
    return pg;
}

unsigned int buddy_next_order(nodeid_t node, unsigned int zone_lo, unsigned int zone_hi)
{
    for (unsigned int z = zone_hi + 1; z-- > zone_lo;) {
        const struct zone *zone = &node_heap[node].zone[z];

        if (zone->nonempty)
            return ffs64(zone->nonempty);
        if (zone->nr_fresh)
            return MAX_ORDER;
    }
    return 0;
}

/* What is dirty of two halves of this order as one block: what lies behind a dirty page is lost as clean. */
static uint32_t merged_dirt(uint32_t lower, uint32_t upper, unsigned int order) REQUIRES(heap_lock)
{
    if (lower & PGC_DIRTY) {
        dirty_pages += (1UL << order) - dirty_in(upper, order);
        return lower;
    }
    return upper & PGC_DIRTY ? upper + (1U << order) : 0;
}

void buddy_put(struct page_info *pg, nodeid_t node, unsigned int order, uint32_t dirt)
{
    struct page_info *const table = frame_table;
    struct zone *const zone = &node_heap[node].zone[zone_of(frame_of(pg))];
    uint64_t frame = frame_of(pg);

    dirty_pages += dirty_in(dirt, order);
    for (; order < MAX_ORDER; order++) {
        const struct page_info *buddy = &table[frame ^ (1UL << order)];
        const uint64_t state = READ_ONCE(buddy->state);
        const uint32_t other = (uint32_t)state & PGC_DIRT_MASK;

        if ((state & ~(uint64_t)PGC_DIRT_MASK) != free_block_state(node, order, 0))
            break;
        zone_remove_block(zone, buddy, order);
        dirt = frame & (1UL << order) ? merged_dirt(other, dirt, order) : merged_dirt(dirt, other, order);
        frame &= ~(1UL << order);
    }
    pg = &table[frame];
    WRITE_ONCE(pg->state, free_block_state(node, order, dirt));
    zone_add_block(zone, pg, order, dirt != 0);
}

/* The smallest dirty block of a zone: dirty ones are last on their lists. */
static struct page_info *find_dirty_in(nodeid_t node, unsigned int z) REQUIRES(heap_lock)
{
    const struct zone *zone = &node_heap[node].zone[z];

    for (uint32_t orders = zone->nonempty; orders; orders &= orders - 1) {
        struct page_info *pg = &frame_table[zone->free[ffs64(orders)].tail];

        if (READ_ONCE(pg->count_info) & PGC_DIRTY)
            return pg;
    }
    return NULL;
}

static struct page_info *find_dirty(nodemask_t nodes) REQUIRES(heap_lock)
{
    nodeid_t node;

    for_each_node_in (node, nodes)
        for (unsigned int z = 0; z < NR_ZONES; z++) {
            struct page_info *pg = find_dirty_in(node, z);

            if (!pg && node_heap[node].zone[z].nr_fresh) {
                list_fresh_block(node, z);
                pg = find_dirty_in(node, z);
            }
            if (pg)
                return pg;
        }
    return NULL;
}

unsigned long buddy_scrub(nodeid_t near, unsigned long nr)
{
    struct page_info *pg = dirty_pages ? find_dirty(node_bit(near) & node_online_map) : NULL;
    struct page_info block;
    uint32_t clean;

    if (!pg && dirty_pages)
        pg = find_dirty(node_online_map);
    if (!pg)
        return 0;
    block.state = READ_ONCE(pg->state);
    clean = block.count_info & PGC_CLEAN_MASK;
    nr = MIN(nr, (1UL << block.order) - clean);
    scrub_free_pages(pg + clean, nr);
    dirty_pages -= nr;
    WRITE_ONCE(pg->count_info, block.count_info + (uint32_t)nr);
    if (clean + nr == 1UL << block.order) {
        struct zone *zone = &node_heap[block.node].zone[zone_of(frame_of(pg))];

        zone_remove_block(zone, pg, block.order);
        WRITE_ONCE(pg->count_info, PGC_STATE_FREE);
        zone_add_block(zone, pg, block.order, false);
    }
    return nr;
}
