/* SPDX-License-Identifier: MIT */
/* The heap's begin and its totals: RAM ranges become free blocks without a look at each page. */
#include "bootmem.h"
#include "buddy.h"
#include "claims.h"
#include "heap_ranges.h"
#include "log.h"
#include "offline.h"

#include <string.h>

/* Pages that the heap manages, free or not. Fixed after boot. */
static unsigned long total_pages GUARDED_BY(heap_lock);
static unsigned long node_total_pages[MAX_NUMNODES] GUARDED_BY(heap_lock);

static struct mem_range heap_ranges[BOOTMEM_MAX_RANGES];
static unsigned int nr_heap_ranges;

const struct mem_range *heap_range_from(uint64_t frame)
{
    for (unsigned int i = 0; i < nr_heap_ranges; i++)
        if (frame < heap_ranges[i].end.v)
            return &heap_ranges[i];
    return NULL;
}

const struct mem_range *heap_range_of(uint64_t frame)
{
    const struct mem_range *range = heap_range_from(frame);

    return range && frame >= range->start.v ? range : NULL;
}

/* Blocks of neighbours merge. */
static void remember_range(const struct mem_range *range) REQUIRES(heap_lock)
{
    struct mem_range *last = nr_heap_ranges ? &heap_ranges[nr_heap_ranges - 1] : NULL;

    if (last && last->end.v == range->start.v && last->node == range->node) {
        last->end = range->end;
        return;
    }
    BUG_ON(nr_heap_ranges == ARRAY_SIZE(heap_ranges));
    heap_ranges[nr_heap_ranges++] = *range;
}

/* The order of the largest aligned block that begins at FRAME and ends before END. */
static unsigned int largest_order(uint64_t frame, uint64_t end)
{
    unsigned int order = fls64(end - frame);

    if (frame && ffs64(frame) < order)
        order = ffs64(frame);
    return MIN(order, MAX_ORDER);
}

/* Merging will ask for the buddies of a block at its own order and, as the block that a merged one begins
 * with, at all larger ones. Say for all of them that they are no RAM; those that are get their true record
 * when they are added. */
static void mark_edges(uint64_t frame, unsigned int order)
{
    for (; order < MAX_ORDER; order++)
        frame_table[frame ^ (1UL << order)].count_info = PGC_STATE_NONE;
}

static void mark_range(const struct mem_range *range)
{
    unsigned int order;

    for (uint64_t frame = range->start.v; frame < range->end.v; frame += 1UL << order) {
        order = largest_order(frame, range->end.v);
        mark_edges(frame, order);
    }
}

static void add_range(const struct mem_range *range) REQUIRES(heap_lock)
{
    const unsigned long pages = range->end.v - range->start.v;
    unsigned int order;

    remember_range(range);
    for (uint64_t frame = range->start.v; frame < range->end.v; frame += 1UL << order) {
        order = largest_order(frame, range->end.v);
        if (order == MAX_ORDER)
            buddy_add_fresh(frame, range->node);
        else
            buddy_put(&frame_table[frame], range->node, order, PGC_DIRTY);
    }
    total_pages += pages;
    node_total_pages[range->node] += pages;
    total_avail_pages += pages;
    node_avail_pages[range->node] += pages;
}

static void forget_everything(void) REQUIRES(heap_lock)
{
    buddy_init();
    nr_heap_ranges = 0;
    total_pages = total_avail_pages = outstanding_claims = pending_pages = recalled_claims = 0;
    memset(node_total_pages, 0, sizeof(node_total_pages));
    memset(node_avail_pages, 0, sizeof(node_avail_pages));
    memset(node_outstanding_claims, 0, sizeof(node_outstanding_claims));
    memset(node_offlined_pages, 0, sizeof(node_offlined_pages));
    domain_mem_list = NULL;
}

void heap_add_ranges(const struct mem_range *ranges, unsigned int nr)
{
    spin_lock(&heap_lock);
    forget_everything();
    for (unsigned int i = 0; i < nr; i++)
        mark_range(&ranges[i]);
    for (unsigned int i = 0; i < nr; i++)
        add_range(&ranges[i]);
    spin_unlock(&heap_lock);
}

void heap_info(struct heap_info *info)
{
    spin_lock(&heap_lock);
    info->total_pages = total_pages;
    info->avail_pages = total_avail_pages;
    info->claimed_pages = outstanding_claims;
    info->dirty_pages = dirty_pages;
    info->pending_pages = pending_pages;
    info->recalled_claims = recalled_claims;
    memcpy(info->node_total, node_total_pages, sizeof(node_total_pages));
    memcpy(info->node_avail, node_avail_pages, sizeof(node_avail_pages));
    memcpy(info->node_claimed, node_outstanding_claims, sizeof(node_outstanding_claims));
    memcpy(info->node_offlined, node_offlined_pages, sizeof(node_offlined_pages));
    spin_unlock(&heap_lock);
}

unsigned long heap_node_total(nodeid_t node)
{
    return node_total_pages[node];
}

/* Blocks of the low zone are counted, 4 GiB of them at most; the high one has the rest. */
unsigned long heap_avail_zone(nodeid_t node, unsigned int zone)
{
    unsigned long low, avail;

    spin_lock(&heap_lock);
    low = (unsigned long)node_heap[node].zone[ZONE_LOW].nr_fresh << MAX_ORDER;
    for (unsigned int order = 0; order <= MAX_ORDER; order++) {
        uint32_t frame = node_heap[node].zone[ZONE_LOW].free[order].head;

        for (; frame != FRAME_NONE; frame = frame_table[frame].next)
            low += 1UL << order;
    }
    avail = node_avail_pages[node];
    spin_unlock(&heap_lock);
    return zone == ZONE_LOW ? low : avail - low;
}
