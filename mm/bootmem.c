/* SPDX-License-Identifier: MIT */
/* Memory before the heap: a short table of ranges, cut from the top. */
#include "bootmem.h"

#include "error.h"
#include "fault.h"
#include "log.h"
#include <string.h>

#define LOWEST_FRAME (MiB >> PAGE_SHIFT)

static struct mem_range table[BOOTMEM_MAX_RANGES];
static unsigned int nr_table;

int bootmem_init(const struct mem_range *ranges, unsigned int nr)
{
    if (nr > BOOTMEM_MAX_RANGES)
        return refuse(ENOMEM, "bootmem: %u ranges, room for %u", nr, BOOTMEM_MAX_RANGES);
    memcpy(table, ranges, nr * sizeof(*ranges));
    nr_table = nr;
    return 0;
}

const struct mem_range *bootmem_ranges(unsigned int *nr)
{
    *nr = nr_table;
    return table;
}

static void remove_entry(unsigned int i)
{
    nr_table--;
    memmove(&table[i], &table[i + 1], (nr_table - i) * sizeof(table[0]));
}

/* Cut [start, end) out of entry i: what is left are its head and its tail, either of which may be empty. */
static void cut(unsigned int i, uint64_t start, uint64_t end)
{
    struct mem_range tail = {mfn(end), table[i].end, table[i].node};

    table[i].end = mfn(start);
    if (tail.start.v < tail.end.v) {
        memmove(&table[i + 2], &table[i + 1], (nr_table - i - 1) * sizeof(table[0]));
        table[i + 1] = tail;
        nr_table++;
    }
    if (table[i].start.v == table[i].end.v)
        remove_entry(i);
}

/* The highest aligned place for NR pages in an entry, 0 when there is none. */
static uint64_t place_in(const struct mem_range *range, uint64_t nr, uint64_t align)
{
    uint64_t start;

    if (nr > range->end.v - range->start.v)
        return 0;
    start = (range->end.v - nr) & ~(align - 1);
    return start >= range->start.v && start >= LOWEST_FRAME ? start : 0;
}

static mfn_t alloc_on(uint64_t nr, uint64_t align, nodeid_t node)
{
    for (unsigned int i = nr_table; i-- > 0;) {
        uint64_t start = node == NUMA_NO_NODE || table[i].node == node ? place_in(&table[i], nr, align) : 0;

        /* A cut in the middle needs a free entry. */
        if (start && (nr_table < BOOTMEM_MAX_RANGES || start + nr == table[i].end.v)) {
            cut(i, start, start + nr);
            return mfn(start);
        }
    }
    return INVALID_MFN;
}

mfn_t bootmem_alloc(uint64_t nr, uint64_t align, nodeid_t node)
{
    mfn_t m;

    if (fault_strikes("boot memory"))
        return INVALID_MFN;
    m = alloc_on(nr, align, node);
    return m.v == INVALID_MFN.v && node != NUMA_NO_NODE ? alloc_on(nr, align, NUMA_NO_NODE) : m;
}
