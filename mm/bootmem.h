/* SPDX-License-Identifier: MIT */
/* Memory before the heap: carve pages out of the RAM ranges, near a node; what remains becomes the heap. */
#pragma once

#include "types.h"

#define BOOTMEM_MAX_RANGES 512

/* Take over the RAM ranges (ascending, no overlaps). -ENOMEM when there are too many. */
int bootmem_init(const struct mem_range *ranges, unsigned int nr);

/* NR pages, aligned to ALIGN pages (a power of two), from the top of NODE's memory, or of any node when
 * NODE is NUMA_NO_NODE or full. INVALID_MFN when there are none. Never below 1 MiB. Not cleared. */
mfn_t bootmem_alloc(uint64_t nr, uint64_t align, nodeid_t node);

/* What is left, for heap_add_ranges. */
const struct mem_range *bootmem_ranges(unsigned int *nr);
