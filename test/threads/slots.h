/* SPDX-License-Identifier: MIT */
/* Domains at the level of mm/, in places that many threads use while domains die there and come anew. */
#pragma once

#include "claims.h"
#include "crew.h"
#include "domheap.h"
#include "level.h"

#define NR_NODES    3U
#define MAX_PAGES   2048UL /* of every domain at first: more than the machine has */
#define MARK_WORD   0      /* the word of a page that says whose it is */
#define MAIL        64     /* blocks that a place keeps */
#define exact(node) (MEMF_node(node) | MEMF_exact_node)

#define LEGACY      XEN_DOMCTL_CLAIM_MEMORY_LEGACY

struct slot {
    struct domain_mem d;
    uint32_t users;     /* who have pinned it; SLOT_CLOSED: its domain is about to go. Atomic. */
    uint64_t mark;      /* what its domain writes into its pages; another one for each domain */
    uint64_t box[MAIL]; /* blocks of the domain that anybody may take, free or map: see box_put. Atomic. */
};

/* A machine of NR_NODES nodes of so many PAGES on both sides of 4 GiB, NR domains of MAX_PAGES. */
void slots_open(unsigned int nr, const unsigned long *pages);
/* Everything is destroyed; demand that nothing is left: no claim, no reference, every page free and clean. */
void slots_close(void);
struct slot *slot_at(unsigned int i);
unsigned int nr_slots(void);

/* Keep the domain from going away (it may die, but stays): false while it is being replaced. */
bool slot_pin(struct slot *s);
void slot_unpin(struct slot *s);

/* Kill the domain in the midst of its users, wait for them, and begin a new one with the same id. */
void slot_replace(struct slot *s);

/* Allocate for the slot's domain and mark the pages: they must come clean. NULL as alloc_domheap_pages. */
struct page_info *slot_alloc(struct worker *w, struct slot *s, unsigned int order, unsigned int memflags);

/* The same where others may release the domain's pages at any moment: a page that did not stay is not looked
 * at, and one that came back may have the mark already. */
struct page_info *slot_alloc_wild(struct slot *s, unsigned int order, unsigned int memflags);

/* A page that is referenced is its owner's: nothing or the owner's mark is in it. */
void expect_mark(const struct slot *s, struct page_info *pg);

/* Leave a block to whoever comes; what has to give way is freed. */
void box_put(struct worker *w, struct slot *s, struct page_info *pg, unsigned int order);
/* A page of the domain in each of its boxes, as long as there are any. */
void box_fill(struct slot *s);
/* Take any block out, which is then the caller's to free; or only look where one was. NULL: none. */
struct page_info *box_take(struct worker *w, struct slot *s, unsigned int *order);
struct page_info *box_look(struct worker *w, const struct slot *s);
