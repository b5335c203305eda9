/* SPDX-License-Identifier: MIT */
/* The machine's nodes: which RAM and which CPUs belong to which, and how far apart they are. */
#pragma once

#include "arch.h"
#include "bootmem.h"

#define TOPOLOGY_MAX_RANGES BOOTMEM_MAX_RANGES

/* Nodes are numbered 0, 1, ... by ascending proximity domain; a domain is a node when RAM or a CPU lies in
 * it. */
struct topology {
    unsigned int nr_nodes;            /* 1 to MAX_NUMNODES */
    nodemask_t online;                /* bits 0 to nr_nodes - 1: nodes with RAM and nodes with CPUs only */
    uint32_t proximity[MAX_NUMNODES]; /* by node: its proximity domain */
    unsigned int nr_ranges;
    struct mem_range ranges[TOPOLOGY_MAX_RANGES]; /* free RAM from 1 MiB on: ascending, merged, whole pages */
    uint8_t
        distance[MAX_NUMNODES * MAX_NUMNODES]; /* row-major, nr_nodes x nr_nodes, as nodes_init takes it */
    unsigned int nr_cpus;
    nodeid_t cpu_node[MAX_CPUS]; /* by index into machine->cpus[] */
};

/* Work out the nodes: the firmware's free RAM (BOOT_RANGE_FREE, below arch_phys_limit) intersected with the
 * memory affinities of SRAT, and SLIT's distances. What the tables leave open or contradict is decided here,
 * with one warning per kind: without SRAT there is one node; RAM that SRAT does not mention goes to the node
 * of the nearest range; of overlapping affinities the earlier entry wins; domains beyond the 64th join the
 * last node; an absurd SLIT gives distances 10 and 20. *t is big: keep it static. 0, or -ENOMEM when there is
 * no usable RAM. More than TOPOLOGY_MAX_RANGES ranges: the rest stays unused. */
int topology_build(const struct boot_info *bi, const struct machine *m, struct topology *t);

/* The node of machine->cpus[CPU]; a CPU that no table knows is on node 0. */
nodeid_t topology_cpu_node(const struct topology *t, unsigned int cpu);
