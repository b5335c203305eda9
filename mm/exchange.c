/* SPDX-License-Identifier: MIT */
/* Pages change hands between a domain and the heap, without a change of what the domain owns and claims. */
#include "domheap.h"

/* Atomically: nobody gets a reference in between, and marks for offlining stay. */
static bool steal_page(struct page_info *pg, const struct domain_mem *d)
{
    struct page_info old = {.state = __atomic_load_n(&pg->state, __ATOMIC_RELAXED)}, new;

    do {
        if (old.owner != d->domid || (old.count_info & PGC_STATE_MASK) != PGC_STATE_INUSE ||
            (old.count_info & (PGC_ALLOCATED | PGC_COUNT_MASK)) != (PGC_ALLOCATED | 1))
            return false;
        new.state = old.state;
        new.count_info -= PGC_ALLOCATED + 1;
    } while (!__atomic_compare_exchange_n(&pg->state, &old.state, new.state, true, __ATOMIC_ACQUIRE,
                                          __ATOMIC_RELAXED));
    return true;
}

/* The records become those of one block again. */
static void give_pages(const struct domain_mem *d, struct page_info *pg, unsigned long nr, unsigned int order)
{
    for (; nr; nr--, pg++) {
        __atomic_store_n(&pg->owner, d->domid, __ATOMIC_RELAXED);
        __atomic_store_n(&pg->order, (uint8_t)order, __ATOMIC_RELAXED);
        __atomic_fetch_add(&pg->count_info, PGC_ALLOCATED + 1, __ATOMIC_RELEASE);
    }
}

bool steal_domain_pages(struct domain_mem *d, struct page_info *pg, unsigned int order,
                        struct page_list *taken)
{
    const unsigned long nr = 1UL << order;
    unsigned long i = 0;

    while (i < nr && steal_page(&pg[i], d))
        i++;
    if (i < nr) {
        while (i-- > 0)
            __atomic_fetch_add(&pg[i].count_info, PGC_ALLOCATED + 1, __ATOMIC_RELEASE);
        return false;
    }
    for (i = 0; i < nr; i += 1UL << READ_ONCE(pg[i].order)) {
        split_domain_block(d, &pg[i], order);
        page_list_remove(&d->pages, &pg[i]);
    }
    WRITE_ONCE(pg->order, (uint8_t)order);
    page_list_add_tail(taken, pg);
    return true;
}

void assign_domain_block(struct domain_mem *d, struct page_info *pg)
{
    const unsigned int order = READ_ONCE(pg->order);

    give_pages(d, pg, 1UL << order, order);
    page_list_add_tail(&d->pages, pg);
}
