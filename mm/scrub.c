/* SPDX-License-Identifier: MIT */
/* Scrubbing: no page shows its new owner what the old one left in it. */
#include "heap.h"

#define CLEAR4(word)                                                                                         \
    (WRITE_ONCE((word)[0], 0), WRITE_ONCE((word)[1], 0), WRITE_ONCE((word)[2], 0), WRITE_ONCE((word)[3], 0))

bool page_needs_scrub(const struct page_info *pg)
{
    return READ_ONCE(pg->count_info) & PGC_DIRTY;
}

void scrub_pages(struct page_info *pg, unsigned int order)
{
    uint64_t *word = page_to_virt(pg);
    const uint64_t *end = word + ((PAGE_SIZE << order) / sizeof(*word));

    /* Not memset: its string instruction takes an emulator several times as long as plain stores. */
    for (; word < end; word += 8) {
        CLEAR4(word);
        CLEAR4(word + 4);
    }
    __atomic_fetch_and(&pg->count_info, ~PGC_DIRTY, __ATOMIC_RELEASE);
}
