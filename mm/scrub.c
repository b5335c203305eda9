/* SPDX-License-Identifier: MIT */
/* Scrubbing: no page shows its new owner what the old one left in it. */
#include "buddy.h"

#define SCRUB_STEP 4UL /* pages for which heap_lock is held: others wait for it meanwhile */

#define CLEAR4(word)                                                                                         \
    (WRITE_ONCE((word)[0], 0), WRITE_ONCE((word)[1], 0), WRITE_ONCE((word)[2], 0), WRITE_ONCE((word)[3], 0))

bool page_needs_scrub(const struct page_info *pg)
{
    return READ_ONCE(pg->count_info) & PGC_DIRTY;
}

static void clear(void *start, uint64_t size)
{
    uint64_t *word = start;
    const uint64_t *end = word + size / sizeof(*word);

    /* Not memset: its string instruction takes an emulator several times as long as plain stores. */
    for (; word < end; word += 8) {
        CLEAR4(word);
        CLEAR4(word + 4);
    }
}

unsigned long scrub_some(struct page_info *pg, unsigned int order, unsigned long nr)
{
    const unsigned long clean = order ? pg[1].next : 0, left = (1UL << order) - clean;

    nr = MIN(nr, left);
    clear(page_to_virt(pg + clean), nr << PAGE_SHIFT);
    if (nr == left)
        __atomic_fetch_and(&pg->count_info, ~PGC_DIRTY, __ATOMIC_RELEASE);
    else
        pg[1].next = (uint32_t)(clean + nr);
    return left - nr;
}

void scrub_pages(struct page_info *pg, unsigned int order)
{
    scrub_some(pg, order, 1UL << order);
}

static bool is_zero(const uint64_t *word)
{
    for (const uint64_t *end = word + PAGE_SIZE / sizeof(*word); word < end; word += 8)
        if (word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7])
            return false;
    return true;
}

void scrub_free_pages(struct page_info *pg, unsigned long nr)
{
    for (; nr; nr--, pg++)
        if (!is_zero(page_to_virt(pg)))
            clear(page_to_virt(pg), PAGE_SIZE);
}

unsigned long heap_scrub_slice(nodeid_t near, unsigned long max_pages)
{
    static bool busy; /* one CPU at a time: the others would only wait for heap_lock */
    unsigned long done = 0, step = 1;

    if (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
        return 0;
    for (; step && done < max_pages; done += step) {
        spin_lock(&heap_lock);
        step = buddy_scrub(near, MIN(max_pages - done, SCRUB_STEP));
        spin_unlock(&heap_lock);
    }
    __atomic_clear(&busy, __ATOMIC_RELEASE);
    return done;
}
