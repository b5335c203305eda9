/* SPDX-License-Identifier: MIT */
/* Memory of domains: quota, ownership, references, the paging pool, and release at the end. */
#pragma once

#include "heap.h"

/* Allocate 2^order pages for d: charge the quota, allocate, set owner and link, uncharge on failure. Each
 * page has one reference (PGC_ALLOCATED). When the allocation is not reference-counted, neither quota nor
 * claims apply, and the block is the hypervisor's until free_heap_pages. NULL when the quota, a dying domain,
 * memory or claims forbid it. Spec sections 4, 5. */
struct page_info *alloc_domheap_pages(struct domain_mem *d, unsigned int order, unsigned int memflags);

/* What single pages on the node that MEMFLAGS name would be, allocated one after the other, as one block: of
 * at most 2^*order pages, and *order says how large it is. NULL, and not a word, where not all of them would
 * be granted. */
struct page_info *alloc_domheap_run(struct domain_mem *d, unsigned int *order, unsigned int memflags);

/* The same in steps, each of which scrubs at most STEP pages: -ERESTART until *pg is the block, clean.
 * Between the steps it is the domain's, counted once, but nobody sees it (d->unfinished). Whoever asks for
 * the same order and flags next goes on with it, on whatever CPU; one that nobody comes back for stays the
 * domain's to its end, for its claims are redeemed. -ENOMEM where alloc_domheap_pages returns NULL, and where
 * MAX_UNFINISHED blocks of other orders and flags are begun. */
int alloc_domheap_step(struct domain_mem *d, unsigned int order, unsigned int memflags, unsigned long step,
                       struct page_info **pg);

/* Exchange of pages (XENMEM_exchange): blocks change hands without a change of tot_pages and claims. */

/* Take 2^order pages, aligned, away from d: they go to the end of TAKEN as one block. All of them or none:
 * false unless each is d's own, not given up, and nobody else has a reference on it. Whoever commits frees
 * the block, or gives it back. */
bool steal_domain_pages(struct domain_mem *d, struct page_info *pg, unsigned int order,
                        struct page_list *taken) REQUIRES(d->page_alloc_lock);
/* Give d a block: one that was taken away, or one allocated without counting (MEMF_no_refcount). */
void assign_domain_block(struct domain_mem *d, struct page_info *pg) REQUIRES(d->page_alloc_lock);

/* The block of d's that begins at PG, a page that d has not given up, cut until it is of at most this order;
 * all parts stay d's. Returns its order. */
unsigned int split_domain_block(struct domain_mem *d, struct page_info *pg, unsigned int order)
    REQUIRES(d->page_alloc_lock);

/* The owner gives up 2^order pages, aligned, all its own: each loses its PGC_ALLOCATED reference and is freed
 * when no other is left. The block may be part of a larger one: that is split. Pages whose PGC_ALLOCATED is
 * gone already are left alone. */
void free_domheap_pages(struct domain_mem *d, struct page_info *pg, unsigned int order);

/* Take or drop a reference on one page, e.g. for a foreign mapping. get_page fails unless d owns the page and
 * has not given it up. */
bool get_page(struct page_info *pg, const struct domain_mem *d) MUST_CHECK;
void put_page(struct domain_mem *owner, struct page_info *pg);

/* Begin of destruction: mark d dying and release all its claims in one locked region. Idempotent. */
void domain_mem_kill(struct domain_mem *d);

/* Free the domain's pages, at most max_pages of them in one call: 0 when all that can be freed is,
 * -ERESTART when there is more. Pages that others still map leave when their last reference goes. */
int domain_relinquish_pages(struct domain_mem *d, unsigned long max_pages);

/* Set the paging pool to NR pages, from the domain's affinity, unclaimed memory only, not reference-counted;
 * a bounded number in one call, -ERESTART when there is more to do. -ENOMEM leaves the pool at what it got
 * (as Xen does); a pool in use shrinks only to what is used, -EBUSY; that of a dying domain does not grow,
 * -ESRCH. */
int paging_set_allocation(struct domain_mem *d, unsigned long nr_pages);
/* One zeroed page from the pool for a nested page table, NULL when the pool is empty; and back. */
struct page_info *paging_alloc_page(struct domain_mem *d);
void paging_free_page(struct domain_mem *d, struct page_info *pg);
