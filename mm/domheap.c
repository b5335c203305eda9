/* SPDX-License-Identifier: MIT */
/* Memory of domains: charge the quota, allocate, link; and the begin of the end, domain_mem_kill. */
#include "domheap.h"

#include "claims.h"
#include "log.h"
#include <string.h>

static bool fits_quota(const struct domain_mem *d, unsigned int order) REQUIRES(d->page_alloc_lock)
{
    return d->tot_pages <= d->max_pages && 1UL << order <= d->max_pages - d->tot_pages;
}

/* May d get 2^order pages more? Then they are counted to it, before they exist: a request beyond max_pages
 * loses no claim. */
static bool charge_quota(struct domain_mem *d, unsigned int order) REQUIRES(d->page_alloc_lock)
{
    if (d->dying) {
        log_debug("refused: order %u for d%d, which is dying\n", order, d->domid);
        return false;
    }
    if (!fits_quota(d, order)) {
        log_debug("refused: order %u for d%d, which has %lu of max_pages %lu\n", order, d->domid,
                  d->tot_pages, d->max_pages);
        return false;
    }
    WRITE_ONCE(d->tot_pages, d->tot_pages + (1UL << order));
    return true;
}

/* The lock is held to the end: pages + claims <= max_pages (I4) whenever it is free. */
struct page_info *alloc_domheap_pages(struct domain_mem *d, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = NULL;
    unsigned long taken;

    if (!MEMF_counted(d, memflags))
        return alloc_heap_pages(ZONE_LOW, ZONE_HIGH, order, memflags, d);
    if (order > MAX_ORDER)
        return NULL;
    rspin_lock(&d->page_alloc_lock);
    if (charge_quota(d, order)) {
        pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, order, memflags, d);
        if (pg)
            page_list_add_tail(&d->pages, pg);
        taken = pg ? 1UL << READ_ONCE(pg->order) : 0; /* of a run not all that were asked for */
        WRITE_ONCE(d->tot_pages, d->tot_pages - (1UL << order) + taken);
    }
    rspin_unlock(&d->page_alloc_lock);
    return pg;
}

struct page_info *alloc_domheap_run(struct domain_mem *d, unsigned int *order, unsigned int memflags)
{
    struct page_info *pg = NULL;

    rspin_lock(&d->page_alloc_lock);
    if (!d->dying && fits_quota(d, *order))
        pg = alloc_domheap_pages(d, *order, memflags | MEMF_run | MEMF_exact_node);
    if (pg)
        *order = READ_ONCE(pg->order); /* under the lock: else the domain's end might split it first */
    rspin_unlock(&d->page_alloc_lock);
    return pg;
}

/* Both locks: whoever installs a claim sees dying, or its claim is released here. Whoever scrubs an
 * unfinished block sees under the first that it is none any more; the block goes with the others. */
void domain_mem_kill(struct domain_mem *d)
{
    rspin_lock(&d->page_alloc_lock);
    spin_lock(&heap_lock);
    WRITE_ONCE(d->dying, true);
    memset(d->unfinished, 0, sizeof(d->unfinished));
    domain_release_claims(d);
    spin_unlock(&heap_lock);
    rspin_unlock(&d->page_alloc_lock);
}
