/* SPDX-License-Identifier: MIT */
/* What the machine's pages are used for, as runs of pages that are alike. */
#pragma once

#include "types.h"
#include <xen/xen.h> /* domid_t */

struct page_run {
    uint64_t first;
    unsigned long nr; /* pages */
    uint16_t use;     /* ALLOD_PAGE_* of <public/claims.h> */
    domid_t owner;    /* of owned and pending pages; DOMID_INVALID: nobody or the hypervisor */
    nodeid_t node;
};

/* The run that contains the first of the heap's pages at or behind FIRST, from there on; it may end early, so
 * that the next one continues it. Takes heap_lock, for a bounded time. False when there is none. */
bool heap_next_run(uint64_t first, struct page_run *run);
