/* SPDX-License-Identifier: MIT */
/* Virtual NUMA nodes: RAM goes to one after the other, over the hole below 4 GiB; vCPUs in equal shares. */
#include "pvh_numa.h"
#include "pvh.h"

#define LOCAL 10U  /* ACPI 6.5, 5.2.17 */
#define FAR   255U /* not reachable */

/* Ranges of one node that touch are one. */
static void add_range(struct pvh_numa *n, uint64_t size)
{
    uint32_t nid = n->nr_nodes - 1;
    struct xen_vmemrange *r = &n->range[n->nr_ranges];

    if (n->nr_ranges && r[-1].nid == nid && r[-1].end == n->end)
        r[-1].end += size;
    else if (size)
        n->range[n->nr_ranges++] = (struct xen_vmemrange){.start = n->end, .end = n->end + size, .nid = nid};
    n->end += size;
}

void pvh_numa_extend(struct pvh_numa *n, uint64_t size)
{
    uint64_t low = n->end < PVH_HOLE_START ? PVH_HOLE_START - n->end : 0;

    low = size < low ? size : low;
    add_range(n, low);
    if (n->end == PVH_HOLE_START)
        n->end = PVH_HOLE_END;
    add_range(n, size - low);
}

bool pvh_numa_add(struct pvh_numa *n, uint32_t host_node, uint64_t size)
{
    if (n->nr_nodes == PVH_MAX_VNODES)
        return false;
    n->host_node[n->nr_nodes++] = host_node;
    pvh_numa_extend(n, size);
    return true;
}

void pvh_numa_place_vcpus(struct pvh_numa *n, uint32_t nr_vcpus)
{
    n->nr_vcpus = nr_vcpus;
    for (uint32_t i = 0; i < nr_vcpus; i++)
        n->vcpu_to_node[i] = i * n->nr_nodes / nr_vcpus;
}

void pvh_numa_set_distance(struct pvh_numa *n, uint32_t from, uint32_t to, uint32_t distance)
{
    if (from == to)
        distance = LOCAL;
    else if (distance <= LOCAL)
        distance = LOCAL + 1;
    n->distance[from * n->nr_nodes + to] = distance < FAR ? distance : FAR;
}
