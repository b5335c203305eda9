/* SPDX-License-Identifier: MIT */
/* Which frames are the heap's. Fixed after boot. */
#pragma once

#include "heap.h"

/* The range of one node that FRAME lies in, NULL when it is not the heap's. Neighbours are one range. */
const struct mem_range *heap_range_of(uint64_t frame) REQUIRES(heap_lock);

/* The first range that ends behind FRAME. */
const struct mem_range *heap_range_from(uint64_t frame) REQUIRES(heap_lock);
