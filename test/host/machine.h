/* SPDX-License-Identifier: MIT */
/* A fake machine for host programs: NUMA nodes with RAM behind direct_map, a frame table, and an empty heap.
 */
#pragma once

#include "types.h"

struct machine_config {
    unsigned int nr_nodes;
    unsigned long pages[MAX_NUMNODES]; /* RAM of each node; 0: the node is offline */
    const uint8_t *distance;           /* nr_nodes x nr_nodes as in nodes_init, NULL: local 10, other 20 */
    uint64_t first_mfn;                /* node 0's RAM begins here or just above; 0: at 1 MiB */
};

/* Build the machine and give all its RAM to the heap. A node's RAM begins at a multiple of its size rounded
 * up to a power of two (at most 1 GiB). The frame table holds garbage until the heap writes it. One machine
 * at a time. */
void machine_create(const struct machine_config *config);

/* The same for nodes of these sizes at the default distances. */
void machine_create_nodes(unsigned int nr_nodes, const unsigned long *pages);

/* Take it away again; the heap is empty afterwards. */
void machine_destroy(void);

/* Where a node's RAM lies. */
struct mem_range machine_node_range(nodeid_t node);

/* What smp_processor_id says in this thread. */
void machine_set_cpu(unsigned int cpu);
