/* SPDX-License-Identifier: MIT */
/* References on a domain's pages, and giving pages up: one page of a block, a block, all of them. */
#include "domheap.h"

#include "error.h"
#include "log.h"

bool get_page(struct page_info *pg, const struct domain_mem *d)
{
    struct page_info old = {.state = __atomic_load_n(&pg->state, __ATOMIC_RELAXED)}, new;

    /* Owner and count change in one exchange: the page cannot become somebody else's in between. */
    do {
        if (old.owner != d->domid || (old.count_info & PGC_STATE_MASK) != PGC_STATE_INUSE ||
            !(old.count_info & PGC_ALLOCATED) || (old.count_info & PGC_COUNT_MASK) == PGC_COUNT_MASK)
            return false;
        new.state = old.state;
        new.count_info++;
    } while (!__atomic_compare_exchange_n(&pg->state, &old.state, new.state, true, __ATOMIC_ACQUIRE,
                                          __ATOMIC_RELAXED));
    return true;
}

/* Take COUNT references away; true when none is left and the page is the caller's to free. */
static bool drop_reference(struct page_info *pg, uint32_t count)
{
    return !(__atomic_sub_fetch(&pg->count_info, count, __ATOMIC_ACQ_REL) & PGC_COUNT_MASK);
}

void put_page(struct domain_mem *owner, struct page_info *pg)
{
    if (!drop_reference(pg, 1))
        return;
    rspin_lock(&owner->page_alloc_lock);
    WRITE_ONCE(owner->tot_pages, owner->tot_pages - 1);
    rspin_unlock(&owner->page_alloc_lock);
    free_heap_pages(pg, 0);
}

/* The first page of the block that PG, a page its owner has not given up, belongs to. Splitting writes the
 * order of the new first pages only; the pages inside a block keep the larger order of its allocation. So the
 * smallest order whose first page says just this order is the block's. */
static struct page_info *block_head(struct page_info *pg)
{
    const uint64_t frame = page_to_mfn(pg).v;
    unsigned int order = 0;

    while (READ_ONCE(frame_table[frame & ~((1UL << order) - 1)].order) != order)
        BUG_ON(++order > MAX_ORDER);
    return &frame_table[frame & ~((1UL << order) - 1)];
}

/* Halve the block at HEAD until PG begins a block of this order; all parts stay on the list, in order. */
static void split_block(struct domain_mem *d, struct page_info *head, const struct page_info *pg,
                        unsigned int order) REQUIRES(d->page_alloc_lock)
{
    for (unsigned int whole = READ_ONCE(head->order); whole-- > order;) {
        struct page_info *upper = head + (1UL << whole);

        WRITE_ONCE(head->order, (uint8_t)whole);
        WRITE_ONCE(upper->order, (uint8_t)whole);
        page_list_add_after(&d->pages, head, upper);
        if (pg >= upper)
            head = upper;
    }
}

unsigned int split_domain_block(struct domain_mem *d, struct page_info *pg, unsigned int order)
{
    split_block(d, block_head(pg), pg, order);
    return READ_ONCE(pg->order);
}

/* Free the pages [start, end) one by one. */
static void free_run(struct page_info *start, const struct page_info *end)
{
    for (; start < end; start++)
        free_heap_pages(start, 0);
}

/* Give up a whole block. Pages on which others still have references leave with the last of those. */
static void give_up_block(struct domain_mem *d, struct page_info *pg, unsigned int order)
    REQUIRES(d->page_alloc_lock)
{
    struct page_info *const end = pg + (1UL << order), *run = pg;
    unsigned long kept = 0;

    page_list_remove(&d->pages, pg);
    for (struct page_info *p = pg; p < end; p++) {
        if (drop_reference(p, PGC_ALLOCATED + 1))
            continue;
        free_run(run, p);
        run = p + 1;
        kept++;
    }
    if (kept)
        free_run(run, end);
    else
        free_heap_pages(pg, order);
    WRITE_ONCE(d->tot_pages, d->tot_pages - ((1UL << order) - kept));
}

void free_domheap_pages(struct domain_mem *d, struct page_info *pg, unsigned int order)
{
    struct page_info *const end = pg + (1UL << order);

    rspin_lock(&d->page_alloc_lock);
    while (pg < end) {
        unsigned int step = 0;

        if (READ_ONCE(pg->owner) == d->domid && READ_ONCE(pg->count_info) & PGC_ALLOCATED) {
            step = split_domain_block(d, pg, order);
            give_up_block(d, pg, step);
        }
        pg += 1UL << step;
    }
    rspin_unlock(&d->page_alloc_lock);
}

int domain_relinquish_pages(struct domain_mem *d, unsigned long max_pages)
{
    int rc;

    rspin_lock(&d->page_alloc_lock);
    while (max_pages && !page_list_empty(&d->pages)) {
        struct page_info *pg = &frame_table[d->pages.head];
        unsigned int order = MIN(READ_ONCE(pg->order), fls64(max_pages));

        free_domheap_pages(d, pg, order);
        max_pages -= 1UL << order;
    }
    rc = page_list_empty(&d->pages) ? 0 : -ERESTART;
    rspin_unlock(&d->page_alloc_lock);
    return rc;
}
