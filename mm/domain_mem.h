/* SPDX-License-Identifier: MIT */
/* The part of a domain that mm/ accounts for: quota, pages, claims, node affinity, paging pool. */
#pragma once

#include "lock.h"
#include "page_list.h"
#include "types.h"

#define MAX_UNFINISHED 4U

struct domain_mem {
    domid_t domid;

    /* Guards the quota and the page list (all up to dying). Recursive; taken before heap_lock, never after
     * it. */
    spinlock_t page_alloc_lock;
    unsigned long max_pages;
    /* Reference-counted pages the domain owns. Without the lock also those of an allocation that is at work
     * and may yet come to less, or to nothing: all of a large block, or of a run (alloc_domheap_run). */
    unsigned long tot_pages;
    struct page_list pages; /* the blocks that the domain has not given up */
    struct unfinished {
        struct page_info *block;  /* NULL: none */
        unsigned int flags;       /* MEMF_* that it was asked for with */
    } unfinished[MAX_UNFINISHED]; /* of these blocks: being scrubbed step by step, not yet shown */
    bool over_quota;              /* max_pages was lowered below pages + claims: invariant I4 is suspended */
    bool dying; /* written under page_alloc_lock and heap_lock: reading under either is enough */

    /* Guarded by heap_lock (spec section 2). The host-wide part is outstanding_pages - node_claims. */
    unsigned long outstanding_pages;
    unsigned long node_claims;
    unsigned long claims[MAX_NUMNODES];
    nodemask_t claimed_nodes;     /* those with a claim */
    unsigned long recalled_pages; /* claims that the domain lost to offlining, ever */
    struct domain_mem *next;      /* all domains known to mm, ascending domid, for invariants and recall */

    /* Where memory is looked for; written by management calls, read without a lock. */
    nodemask_t node_affinity;
    bool auto_node_affinity;
    nodeid_t last_alloc_node; /* where the last page came from, node 0 at first; heap_lock */

    /* Pages for nested page tables, bought before the claim is made; not reference-counted. Guarded by
     * paging_lock. */
    spinlock_t paging_lock;
    struct page_list paging_free;
    unsigned long paging_total; /* pages in the pool, in use or free */
    unsigned long paging_free_count;
};

/* Prepare a zeroed record and make it known to the heap: no pages, no claims, max_pages 0, affinity to all
 * online nodes. Undone by domain_mem_destroy, when nothing is left. */
void domain_mem_init(struct domain_mem *d, domid_t domid);
void domain_mem_destroy(struct domain_mem *d);

/* Pages. Caller holds page_alloc_lock. */
unsigned long domain_tot_pages(const struct domain_mem *d) REQUIRES(d->page_alloc_lock);

/* XEN_DOMCTL_max_mem. Lowering it below what is owned is allowed and touches no claim. */
void domain_set_max_pages(struct domain_mem *d, unsigned long max_pages);

/* A consistent copy of the counters, for getdomaininfo and GET. */
struct domain_mem_info {
    unsigned long tot_pages, max_pages, outstanding_pages, node_claims, recalled_pages, paging_total;
};
void domain_mem_info(struct domain_mem *d, struct domain_mem_info *info);
