/* SPDX-License-Identifier: MIT */
/* A domain's paging pool: pages for its nested page tables, set aside before claims are made. */
#include "domheap.h"

#include "error.h"
#include "log.h"
#include <string.h>

#define POOL_STEP 4096 /* pages that one call moves at most */

static bool grow_pool(struct domain_mem *d) REQUIRES(d->paging_lock)
{
    /* Not scrubbed here: paging_alloc_page clears each page that is used. */
    struct page_info *pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 0, MEMF_no_owner | MEMF_no_scrub, d);

    if (!pg)
        return false;
    page_list_add_tail(&d->paging_free, pg);
    d->paging_free_count++;
    d->paging_total++;
    return true;
}

static void shrink_pool(struct domain_mem *d) REQUIRES(d->paging_lock)
{
    free_heap_pages(page_list_pop(&d->paging_free), 0);
    d->paging_free_count--;
    d->paging_total--;
}

int paging_set_allocation(struct domain_mem *d, unsigned long nr_pages)
{
    unsigned long left = POOL_STEP;
    int rc = 0;

    spin_lock(&d->paging_lock);
    if (d->paging_total < nr_pages && READ_ONCE(d->dying)) /* nobody would empty it again */
        rc = refuse(ESRCH, "paging pool d%d: dying", d->domid);
    for (; !rc && d->paging_total < nr_pages && left; left--)
        rc = grow_pool(d)
                 ? 0
                 : refuse(ENOMEM, "paging pool d%d: %lu of %lu", d->domid, d->paging_total, nr_pages);
    for (; d->paging_total > nr_pages && d->paging_free_count && left; left--)
        shrink_pool(d);
    if (!left && d->paging_total != nr_pages)
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
    if (d->paging_free_count) {
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
    spin_lock(&d->paging_lock);
    page_list_add_head(&d->paging_free, pg);
    d->paging_free_count++;
    spin_unlock(&d->paging_lock);
}
