/* SPDX-License-Identifier: MIT */
/* A domain's virtual NUMA nodes, in the form of Xen's setvnumainfo: which memory and which vCPUs each has,
 * which of the machine's nodes it lies on, and how far they are from each other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xen/memory.h>
#include <xen/xen.h>

#define PVH_MAX_VCPUS  128
#define PVH_MAX_VNODES 32

struct pvh_numa {
    uint32_t nr_nodes, nr_ranges, nr_vcpus;
    uint64_t end; /* guest-physical, of the RAM that the nodes have so far */
    uint32_t host_node[PVH_MAX_VNODES];
    uint32_t vcpu_to_node[PVH_MAX_VCPUS];
    uint32_t distance[PVH_MAX_VNODES * PVH_MAX_VNODES]; /* nr_nodes x nr_nodes, row-major */
    struct xen_vmemrange range[PVH_MAX_VNODES + 1];     /* one of them has RAM on both sides of the hole */
};

/* One more node, with the next SIZE bytes of RAM (whole pages, not 0), that lies on HOST_NODE; N is all 0 at
 * first. False: there are PVH_MAX_VNODES already. */
bool pvh_numa_add(struct pvh_numa *n, uint32_t host_node, uint64_t size);

/* SIZE bytes more (0: none) for the last node. */
void pvh_numa_extend(struct pvh_numa *n, uint64_t size);

/* Once all nodes are there: each gets as many neighbouring vCPUs as the others, up to one. */
void pvh_numa_place_vcpus(struct pvh_numa *n, uint32_t nr_vcpus);

/* DISTANCE from virtual node FROM to virtual node TO, as their host nodes are. Two nodes are never as near as
 * one is to itself, which guests take for a mistake. */
void pvh_numa_set_distance(struct pvh_numa *n, uint32_t from, uint32_t to, uint32_t distance);
