/* SPDX-License-Identifier: MIT */
/* In which order the nodes are searched for a block. */
#pragma once

#include "heap.h"

/* A search under way. */
struct node_search {
    const struct domain_mem *d;
    unsigned int memflags;
    unsigned int step;         /* through node_fallback(near) */
    bool started, collected;   /* the requested node was tried; the masks are valid */
    nodeid_t near;             /* the other nodes are tried by their distance from this one */
    nodemask_t affine, others; /* what is still to be tried */
};

/* Begin a search: the requested node, the domain's affinity set round robin after last_alloc_node, then the
 * other online nodes, nearer ones first (spec section 4). MEMF_exact_node stops after the requested node or,
 * without one, after the affinity set. D may be NULL: no affinity. */
static inline struct node_search node_search_start(unsigned int memflags, const struct domain_mem *d)
{
    return (struct node_search){.d = d, .memflags = memflags};
}

/* The next node to try, NUMA_NO_NODE after the last. */
nodeid_t node_search_next(struct node_search *s) REQUIRES(heap_lock);
