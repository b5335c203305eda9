/* SPDX-License-Identifier: MIT */
/* Large blocks for domains, scrubbed step by step: one at a time is unfinished in each domain. */
#include "domheap.h"

#include "error.h"
#include "log.h"

static bool is_unfinished(const struct domain_mem *d, unsigned int order, unsigned int memflags)
    REQUIRES(d->page_alloc_lock)
{
    return d->unfinished && d->unfinished->order == order && d->unfinished_flags == memflags;
}

/* Nobody has ever seen the block, so nobody has references on its pages: it goes as a whole. */
static void give_back(struct domain_mem *d) REQUIRES(d->page_alloc_lock)
{
    struct page_info *pg = d->unfinished;

    d->unfinished = NULL;
    page_list_remove(&d->pages, pg);
    WRITE_ONCE(d->tot_pages, d->tot_pages - (1UL << READ_ONCE(pg->order)));
    __atomic_fetch_sub(&pg->count_info, PGC_ALLOCATED + 1, __ATOMIC_RELAXED);
    free_heap_pages(pg, READ_ONCE(pg->order));
}

/* Somebody else's block is unfinished. If two ask in turns, each gets its own: the first one comes back for
 * the block before the second one finds it clean and still there. */
static int settle(struct domain_mem *d, unsigned long step) REQUIRES(d->page_alloc_lock)
{
    if (page_needs_scrub(d->unfinished)) {
        scrub_some(d->unfinished, d->unfinished->order, step);
    } else {
        log_debug("d%d: a block of order %u that nobody came back for\n", d->domid, d->unfinished->order);
        give_back(d);
    }
    return -ERESTART;
}

static int begin(struct domain_mem *d, unsigned int order, unsigned int memflags) REQUIRES(d->page_alloc_lock)
{
    d->unfinished = alloc_domheap_pages(d, order, memflags | MEMF_no_scrub);
    d->unfinished_flags = memflags;
    return d->unfinished ? 0 : -ENOMEM;
}

int alloc_domheap_step(struct domain_mem *d, unsigned int order, unsigned int memflags, unsigned long step,
                       struct page_info **pg)
{
    int rc = 0;

    rspin_lock(&d->page_alloc_lock);
    if (d->unfinished && !is_unfinished(d, order, memflags))
        rc = settle(d, step);
    else if (!d->unfinished)
        rc = begin(d, order, memflags);
    if (rc == 0 && page_needs_scrub(d->unfinished) && scrub_some(d->unfinished, order, step))
        rc = -ERESTART;
    if (rc == 0) {
        *pg = d->unfinished;
        d->unfinished = NULL;
    }
    rspin_unlock(&d->page_alloc_lock);
    return rc;
}

void drop_unfinished_block(struct domain_mem *d, unsigned int order, unsigned int memflags)
{
    rspin_lock(&d->page_alloc_lock);
    if (is_unfinished(d, order, memflags))
        give_back(d);
    rspin_unlock(&d->page_alloc_lock);
}
