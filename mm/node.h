/* SPDX-License-Identifier: MIT */
/* NUMA nodes: which are online, how far apart they are, and in which order to look for memory. */
#pragma once

#include "bits.h"
#include "types.h"

#define NODE_DISTANCE_LOCAL   10 /* ACPI 6.5 section 5.2.17 */
#define NODE_DISTANCE_DEFAULT 20

/* Set once at boot: memory nodes and CPU-only nodes. Fixed afterwards. */
extern nodemask_t node_online_map;

/* Boot: take the online nodes and the distance matrix (row-major, nr x nr, NULL: local 10, other 20), and
 * precompute for each node the order in which others are tried: nearer first, ascending ids break ties. */
void nodes_init(nodemask_t online, const uint8_t *distance, unsigned int nr);

uint8_t node_distance(nodeid_t from, nodeid_t to);

/* The i-th node to try for memory near FROM (0 is FROM itself), or NUMA_NO_NODE past the last. */
nodeid_t node_fallback(nodeid_t from, unsigned int i);

/* Highest online node id + 1. */
unsigned int nr_node_ids(void);
