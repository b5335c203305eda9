/* SPDX-License-Identifier: MIT */
/* Scrubbing: no page shows its new owner what the old one left in it. */
#include "heap.h"

#include <string.h>

bool page_needs_scrub(const struct page_info *pg)
{
    return READ_ONCE(pg->count_info) & PGC_DIRTY;
}

void scrub_pages(struct page_info *pg, unsigned int order)
{
    memset(page_to_virt(pg), 0, PAGE_SIZE << order);
    __atomic_fetch_and(&pg->count_info, ~PGC_DIRTY, __ATOMIC_RELEASE);
}
