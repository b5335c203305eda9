/* SPDX-License-Identifier: MIT */
/* A walk over the machine's pages, for those who offline them and for pictures. */
#include "page_runs.h"

#include "buddy.h"
#include "heap_ranges.h"
#include <public/claims.h>

#define STEP 1024U /* records that one call looks at while it holds heap_lock */

static uint16_t use_of(const struct page_info *pg)
{
    switch (pg->count_info & PGC_STATE_MASK) {
    case PGC_STATE_FREE:
        return ALLOD_PAGE_FREE;
    case PGC_STATE_OFFLINED:
        return pg->count_info & PGC_BROKEN ? ALLOD_PAGE_BROKEN : ALLOD_PAGE_OFFLINED;
    default:
        if (pg->count_info & PGC_OFFLINING)
            return ALLOD_PAGE_PENDING;
        return pg->owner == DOMID_INVALID ? ALLOD_PAGE_XEN : ALLOD_PAGE_OWNED;
    }
}

/* What begins at FRAME, which begins a block or is a page of a used one. */
static struct page_run run_at(uint64_t frame)
{
    struct page_info pg = {.state = __atomic_load_n(&frame_table[frame].state, __ATOMIC_ACQUIRE)};
    bool whole = (pg.count_info & PGC_STATE_MASK) == PGC_STATE_FREE || pg.count_info & PGC_TAKEN;

    return (struct page_run){frame, whole ? 1UL << pg.order : 1, use_of(&pg), pg.owner, pg.node};
}

static bool continues(const struct page_run *run, const struct page_run *next)
{
    return next->use == run->use && next->owner == run->owner && next->node == run->node;
}

/* FIRST lies in RANGE, perhaps inside a block. */
static void collect_run(uint64_t first, const struct mem_range *range, struct page_run *run)
    REQUIRES(heap_lock)
{
    const uint64_t head = frame_of(buddy_find(first));

    *run = run_at(head);
    run->nr -= first - head;
    run->first = first;
    for (unsigned int i = 0; i < STEP && run->first + run->nr < range->end.v; i++) {
        struct page_run next;

        buddy_list_fresh(run->first + run->nr);
        next = run_at(run->first + run->nr);
        if (!continues(run, &next))
            break;
        run->nr += next.nr;
    }
}

bool heap_next_run(uint64_t first, struct page_run *run)
{
    const struct mem_range *range;

    spin_lock(&heap_lock);
    range = heap_range_from(first);
    if (range)
        collect_run(MAX(first, range->start.v), range, run);
    spin_unlock(&heap_lock);
    return range;
}
