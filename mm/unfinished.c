/* SPDX-License-Identifier: MIT */
/* Large blocks for domains, scrubbed step by step. What was begun stays the domain's: it redeemed claims. */
#include "domheap.h"

#include "error.h"
#include "log.h"

/* Where the block of this order and these flags is, or can be kept; NULL when there is no room for one. */
static struct unfinished *find_slot(struct domain_mem *d, unsigned int order, unsigned int memflags)
    REQUIRES(d->page_alloc_lock)
{
    struct unfinished *empty = NULL;

    for (unsigned int i = 0; i < MAX_UNFINISHED; i++) {
        struct unfinished *u = &d->unfinished[i];

        if (!u->block)
            empty = u;
        else if (READ_ONCE(u->block->order) == order && u->flags == memflags)
            return u;
    }
    return empty;
}

static int begin(struct domain_mem *d, struct unfinished *u, unsigned int order, unsigned int memflags)
    REQUIRES(d->page_alloc_lock)
{
    u->block = alloc_domheap_pages(d, order, memflags | MEMF_no_scrub);
    u->flags = memflags;
    return u->block ? 0 : -ENOMEM;
}

int alloc_domheap_step(struct domain_mem *d, unsigned int order, unsigned int memflags, unsigned long step,
                       struct page_info **pg)
{
    struct unfinished *u;
    int rc = 0;

    rspin_lock(&d->page_alloc_lock);
    u = find_slot(d, order, memflags);
    if (!u)
        rc = refuse(ENOMEM, "d%d: order %u: %u large blocks are unfinished", d->domid, order, MAX_UNFINISHED);
    else if (!u->block)
        rc = begin(d, u, order, memflags);
    if (rc == 0 && page_needs_scrub(u->block) && scrub_some(u->block, order, step))
        rc = -ERESTART;
    if (rc == 0) {
        *pg = u->block;
        u->block = NULL;
    }
    rspin_unlock(&d->page_alloc_lock);
    return rc;
}
