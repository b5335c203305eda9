/* SPDX-License-Identifier: MIT */
/* In which order the nodes are searched for a block. */
#pragma once

#include "heap.h"

/* A search under way: what is still to be tried. */
struct node_search {
    nodeid_t first;    /* the requested node, NUMA_NO_NODE when none was or it is behind us */
    nodeid_t last;     /* the affinity set goes round from behind this node */
    nodeid_t near;     /* the other nodes are tried by their distance from this one */
    unsigned int step; /* through node_fallback(near) */
    nodemask_t affine, others;
};

/* Spec section 4: the requested node, the domain's affinity set round robin after last_alloc_node, then the
 * other online nodes, nearer ones first. MEMF_exact_node stops after the requested node or, without one,
 * after the affinity set. D may be NULL: no affinity. */
void node_search_start(struct node_search *s, unsigned int memflags, const struct domain_mem *d)
    REQUIRES(heap_lock);

/* The next node to try, NUMA_NO_NODE after the last. */
nodeid_t node_search_next(struct node_search *s);
