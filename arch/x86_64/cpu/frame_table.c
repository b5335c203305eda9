/* SPDX-License-Identifier: MIT */
/* The frame table's memory: a sparse array, backed for each GiB that holds RAM, near that RAM. */
#include "arch.h"
#include "bootmem.h"
#include "error.h"
#include "layout.h"
#include "log.h"
#include "page.h"
#include "pagetable.h"

#define FRAMES_PER_GIB (GiB / PAGE_SIZE)
#define TABLE_PER_GIB  (FRAMES_PER_GIB * sizeof(struct page_info)) /* 4 MiB */
#define LARGE_PAGES    512UL                                       /* 4 KiB pages of a 2 MiB page */

/* NR pages of memory, aligned to as many as ALIGN, at VA. */
static int back(uint64_t va, uint64_t nr, uint64_t align, nodeid_t node)
{
    mfn_t m = bootmem_alloc(nr, align, node);

    if (m.v == INVALID_MFN.v)
        return -ENOMEM;
    return map_range(va, mfn_to_paddr(m), nr * PAGE_SIZE, MAP_DATA);
}

/* Memory that is too scattered for 2 MiB pages still serves with small ones. */
static int back_gib(uint64_t va, nodeid_t node)
{
    for (uint64_t end = va + TABLE_PER_GIB; va < end; va += LARGE_PAGES * PAGE_SIZE) {
        if (!back(va, LARGE_PAGES, LARGE_PAGES, node))
            continue;
        for (uint64_t i = 0; i < LARGE_PAGES; i++) {
            if (back(va + i * PAGE_SIZE, 1, 1, node))
                return -ENOMEM;
        }
    }
    return 0;
}

/* Records outside RAM are backed as well, since a block's buddy may lie there; the heap writes those it
 * reads. */
int arch_map_frame_table(const struct mem_range *ranges, unsigned int nr)
{
    frame_table = (struct page_info *)FRAME_TABLE_BASE;
    for (unsigned int i = 0; i < nr; i++) {
        uint64_t first = ranges[i].start.v / FRAMES_PER_GIB;
        uint64_t last = (ranges[i].end.v - 1) / FRAMES_PER_GIB;

        for (uint64_t gib = first; gib <= last; gib++) {
            uint64_t va = FRAME_TABLE_BASE + gib * TABLE_PER_GIB;

            if (!is_mapped(va) && back_gib(va, ranges[i].node))
                return refuse(ENOMEM, "no memory for the frame table at %lu GiB", gib);
        }
    }
    return 0;
}
