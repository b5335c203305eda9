/* SPDX-License-Identifier: MIT */
/* Pages that are taken out of use, and brought back. Spec section 9. */
#pragma once

#include "heap.h"

enum offline_outcome {
    OFFLINE_DONE,    /* the page is out of use */
    OFFLINE_PENDING, /* it is used, and leaves when it is freed */
    OFFLINE_AGAIN,   /* it is being handed out at this moment: ask again */
    OFFLINE_NOT_RAM, /* it is not the heap's */
    ONLINE_DONE,     /* the page is free, or no longer marked */
    ONLINE_BROKEN,   /* it must not be used again */
    ONLINE_NOTHING,  /* it is neither offline nor marked */
};

struct offline_result {
    enum offline_outcome outcome;
    domid_t owner; /* of a used page; DOMID_INVALID: the hypervisor */
    bool broken;
    bool was_broken; /* a pending page, before this call */
    bool given_up;   /* a pending page: its owner has no use for it any more, others still have references */
};

/* Take a page out of use. A free one leaves at once, and in the same locked region claims are recalled until
 * I1 and I2 hold; a used one is marked. BROKEN: for ever. Takes heap_lock. */
struct offline_result heap_offline_page(mfn_t m, bool broken);
/* Bring it back: free and dirty; or take its mark away. No claim comes back. Takes heap_lock. */
struct offline_result heap_online_page(mfn_t m);
/* How it stands: OFFLINE_DONE, OFFLINE_PENDING, OFFLINE_NOT_RAM, or ONLINE_NOTHING for all others. */
struct offline_result heap_query_page(mfn_t m);

/* Used pages that wait for their end, and offlined ones. */
extern unsigned long pending_pages GUARDED_BY(heap_lock);
extern uint32_t node_offlined_pages[MAX_NUMNODES] GUARDED_BY(heap_lock);

/* Put a block that is being freed on NODE's lists, but for its marked pages: those leave now. Returns how
 * many became free. Called by free_heap_pages when some page is marked. */
unsigned long put_unmarked_pages(struct page_info *pg, nodeid_t node, unsigned int order) REQUIRES(heap_lock);

/* Recall claims, after free pages of NODE went away, until I1 and I2 hold: claims on NODE first, then
 * host-wide ones. In either step the domain that claims most of what is recalled loses, of equals the one
 * with the highest id. Each page is logged and counted. */
void recall_claims(nodeid_t node) REQUIRES(heap_lock);
extern unsigned long recalled_claims GUARDED_BY(heap_lock); /* pages, since boot */
