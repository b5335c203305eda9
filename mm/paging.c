/* SPDX-License-Identifier: MIT */
/* A domain's paging pool: pages for its nested page tables, set aside before claims are made. */
#include "bits.h"
#include "domheap.h"

#include "error.h"
#include "fault.h"
#include "log.h"
#include <string.h>

#define POOL_STEP  4096UL /* pages that one call moves at most */
#define POOL_ORDER 8U     /* of the largest block that is taken or given back at once */

/* One block more, of at most NR pages and as large as there is; returns its pages, 0 when there is no memory.
 */
static unsigned long grow_pool(struct domain_mem *d, unsigned long nr) REQUIRES(d->paging_lock)
{
    unsigned int order = MIN(fls64(nr), POOL_ORDER) + 1;
    struct page_info *pg = NULL;

    /* Not scrubbed here: paging_alloc_page clears each page that is used. */
    while (!pg && order--)
        pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, order, MEMF_no_owner | MEMF_no_scrub, d);
    if (!pg)
        return 0;
    for (unsigned long i = 0; i < 1UL << order; i++)
        page_list_add_tail(&d->paging_free, &pg[i]);
    d->paging_free_count += 1UL << order;
    d->paging_total += 1UL << order;
    return 1UL << order;
}

/* The list's first pages, at most NR, that make up an aligned block of one node: what came as one and was not
 * used goes back as one. */
static unsigned int first_block(const struct domain_mem *d, unsigned long nr) REQUIRES(d->paging_lock)
{
    const struct page_info *first = &frame_table[d->paging_free.head];
    unsigned long n = 1, limit = MIN(nr, 1UL << POOL_ORDER);

    while (n < limit && first[n - 1].next == d->paging_free.head + n &&
           READ_ONCE(first[n].node) == READ_ONCE(first->node))
        n++;
    return MIN(fls64(n), ffs64(page_to_mfn(first).v | 1UL << POOL_ORDER));
}

static unsigned long shrink_pool(struct domain_mem *d, unsigned long nr) REQUIRES(d->paging_lock)
{
    unsigned int order = first_block(d, nr);
    struct page_info *pg = page_list_pop(&d->paging_free);

    for (unsigned long i = 1; i < 1UL << order; i++)
        page_list_pop(&d->paging_free);
    d->paging_free_count -= 1UL << order;
    d->paging_total -= 1UL << order;
    free_heap_pages(pg, order);
    return 1UL << order;
}

int paging_set_allocation(struct domain_mem *d, unsigned long nr_pages)
{
    unsigned long left = POOL_STEP, moved = 1;
    int rc = 0;

    spin_lock(&d->paging_lock);
    if (d->paging_total < nr_pages && READ_ONCE(d->dying)) /* nobody would empty it again */
        rc = refuse(ESRCH, "paging pool d%d: dying", d->domid);
    for (; !rc && moved && d->paging_total < nr_pages && left; left -= moved)
        moved = grow_pool(d, MIN(nr_pages - d->paging_total, left));
    if (!moved)
        rc = refuse(ENOMEM, "paging pool d%d: %lu of %lu", d->domid, d->paging_total, nr_pages);
    while (d->paging_total > nr_pages && d->paging_free_count && left)
        left -= shrink_pool(d, MIN(d->paging_total - nr_pages, left));
    if (!rc && !left && d->paging_total != nr_pages)
        rc = -ERESTART;
    else if (d->paging_total > nr_pages)
        rc = refuse(EBUSY, "paging pool d%d: %lu pages are used", d->domid, d->paging_total);
    spin_unlock(&d->paging_lock);
    return rc;
}

struct page_info *paging_alloc_page(struct domain_mem *d)
{
    struct page_info *pg = NULL;

    spin_lock(&d->paging_lock);
    if (d->paging_free_count && !fault_strikes("paging pool")) {
        d->paging_free_count--;
        pg = page_list_pop(&d->paging_free);
    }
    spin_unlock(&d->paging_lock);
    if (pg)
        memset(page_to_virt(pg), 0, PAGE_SIZE);
    return pg;
}

void paging_free_page(struct domain_mem *d, struct page_info *pg)
{
    if (IS_DEBUG)
        poison_pages(page_to_virt(pg), 0);
    spin_lock(&d->paging_lock);
    page_list_add_head(&d->paging_free, pg);
    d->paging_free_count++;
    spin_unlock(&d->paging_lock);
}
