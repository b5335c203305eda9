/* SPDX-License-Identifier: MIT */
/* The heap: a buddy allocator per node and zone, its counters, and the claims check on its path. */
#pragma once

#include "domain_mem.h"
#include "node.h"

/* memflags. The node sits in bits 8-15 as node + 1, as in XENMEMF_node. */
#define MEMF_no_refcount (1U << 0) /* not counted to the domain, no claim applies */
#define MEMF_no_owner    (1U << 1) /* belongs to nobody; implies MEMF_no_refcount */
#define MEMF_no_scrub    (1U << 2) /* the caller scrubs before anybody else sees the pages */
#define MEMF_exact_node  (1U << 3)
#define MEMF_run         (1U << 4) /* of at most that order, and quietly; with MEMF_exact_node */
/* Is an allocation with these flags for D reference-counted: charged to its quota and its claims? */
#define MEMF_counted(d, f) ((d) && !((f) & (MEMF_no_refcount | MEMF_no_owner)))
#define MEMF_node(n)       ((((unsigned int)(n) + 1) & 0xffU) << 8)
#define MEMF_get_node(f)   ((nodeid_t)((((f) >> 8) & 0xffU) - 1U)) /* NUMA_NO_NODE when none was given */

/* Zones: memory below 4 GiB is taken last. No block crosses the border, which is a multiple of 1 GiB. */
enum { ZONE_LOW, ZONE_HIGH, NR_ZONES };

extern spinlock_t heap_lock;

/* Guarded by heap_lock. */
extern unsigned long total_avail_pages GUARDED_BY(heap_lock);  /* free, claimed ones included */
extern unsigned long outstanding_claims GUARDED_BY(heap_lock); /* sum over domains */
extern unsigned long node_avail_pages[MAX_NUMNODES] GUARDED_BY(heap_lock);
extern unsigned long node_outstanding_claims[MAX_NUMNODES] GUARDED_BY(heap_lock);
extern unsigned long dirty_pages GUARDED_BY(heap_lock);          /* free pages that wait for a scrub */
extern struct domain_mem *domain_mem_list GUARDED_BY(heap_lock); /* all domains, ascending domid */

/* Boot: RAM that the heap takes over, ascending, not overlapping. Contents are unknown: counted as dirty.
 * Touches only the records at the edges of blocks, so its time does not grow with the memory's size. The
 * frame table must be backed for the whole 1 GiB-aligned neighbourhood of each range. Forgets what the heap
 * knew before: called once, when no domain is known yet. */
void heap_add_ranges(const struct mem_range *ranges, unsigned int nr);

/* Allocate 2^order pages. d may be NULL. Takes heap_lock. Returns NULL and changes nothing when memory, the
 * node demand or others' claims forbid it. The block's records are valid and say INUSE; a reference-counted
 * block is d's, PGC_ALLOCATED with a count of 1, else its owner is DOMID_INVALID, its count 0. The pages are
 * scrubbed unless MEMF_no_scrub (then page_needs_scrub tells). With MEMF_run the block is of at most that
 * order, no larger than the one that the node's next single page comes from. Spec sections 4, 5. */
struct page_info *alloc_heap_pages(unsigned int zone_lo, unsigned int zone_hi, unsigned int order,
                                   unsigned int memflags, struct domain_mem *d);

/* Give 2^order pages back; they count as dirty. Takes heap_lock. */
void free_heap_pages(struct page_info *pg, unsigned int order);

/* For the hypervisor's own structures: not owned, not counted, zeroed, near NODE (or anywhere: NUMA_NO_NODE).
 */
void *alloc_xenheap_pages(unsigned int order, nodeid_t node);
void free_xenheap_pages(void *p, unsigned int order);
/* Debug builds: spoil what the hypervisor kept there, before it is freed. */
void poison_pages(void *p, unsigned int order);

/* Was this block handed out dirty (MEMF_no_scrub)? The caller then scrubs it before showing it: all of it, or
 * at most NR more pages of it each time until scrub_some returns that none is left. How far it has come
 * stands in the link of the block's second record, which nobody else uses. */
bool page_needs_scrub(const struct page_info *pg);
void scrub_pages(struct page_info *pg, unsigned int order);
unsigned long scrub_some(struct page_info *pg, unsigned int order, unsigned long nr);

/* For a CPU that has nothing to do: scrub up to MAX_PAGES free pages, those of node NEAR first. Returns how
 * many: 0 when none is dirty, or another CPU is at it. The pages stay free and on their lists all the time,
 * so that no allocation and no claim ever misses them; heap_lock is held for a few pages at once. */
unsigned long heap_scrub_slice(nodeid_t near, unsigned long max_pages);
/* Clear NR pages, those only that are not zero: memory of a virtual machine that was never used stays so. */
void scrub_free_pages(struct page_info *pg, unsigned long nr);

/* A consistent snapshot for physinfo, numainfo and claiminfo. */
struct heap_info {
    unsigned long total_pages, avail_pages, claimed_pages, dirty_pages;
    unsigned long pending_pages;   /* used, and marked for offlining */
    unsigned long recalled_claims; /* pages, since boot */
    unsigned long node_total[MAX_NUMNODES], node_avail[MAX_NUMNODES], node_claimed[MAX_NUMNODES];
    uint32_t node_offlined[MAX_NUMNODES];
};
void heap_info(struct heap_info *info);
/* Pages of NODE that the heap manages, free or not. */
unsigned long heap_node_total(nodeid_t node) REQUIRES(heap_lock);
/* Free pages of one zone of a node, claimed ones included. Walks the low zone's blocks. */
unsigned long heap_avail_zone(nodeid_t node, unsigned int zone);

/* The invariants I1 to I5 of spec section 2 and the shape of the free lists. True when they hold; prints
 * what is broken otherwise. Takes heap_lock. */
bool heap_check(void);
