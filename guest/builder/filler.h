/* SPDX-License-Identifier: MIT */
/* The filler: a domain that owns what a test shall not see, as a list of aligned blocks. */
#pragma once

#include "builder.h"

bool filler_exists(void);
uint32_t filler_domid(void);
/* Create it with a paging pool of POOL pages. 0 or an error number. */
int filler_create(uint64_t pool, uint64_t max_pages);
void filler_destroy(void);
/* Make its paging pool larger. False when there is no memory for that. */
bool filler_grow_pool(uint64_t pages);

/* Take all memory that NOW says is unclaimed, the largest blocks first. */
void filler_take_all(const struct counters *now);
/* Take PAGES single pages from a node, out of its smallest free blocks. Returns how many came. */
uint64_t filler_take(unsigned int node, uint64_t pages);
/* Give PAGES back on a node, as one naturally aligned run where a block is large enough. Returns how many. */
uint64_t filler_give(unsigned int node, uint64_t pages);
uint64_t filler_owns(unsigned int node);
/* Is its list of blocks so long that a new filler should replace it? */
bool filler_worn(void);
