/* SPDX-License-Identifier: MIT */
/* sysctl: the machine's memory and nodes, and what is claimed of them. */
#include "heap.h"
#include "host_info.h"
#include "sysctl.h"
#include <string.h>

int sysctl_physinfo(struct sysctl_call *c)
{
    struct xen_sysctl_physinfo *info = &c->op.u.physinfo;
    struct heap_info heap;

    heap_info(&heap);
    memset(info, 0, sizeof(*info));
    info->threads_per_core = 1;
    info->cores_per_socket = 1;
    info->nr_cpus = host_info.nr_cpus;
    info->max_cpu_id = host_info.nr_cpus - 1;
    info->nr_nodes = count_bits(node_online_map);
    info->max_node_id = nr_node_ids() - 1;
    info->cpu_khz = arch_tsc_khz();
    info->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    info->total_pages = heap.total_pages;
    info->free_pages = heap.avail_pages;
    info->scrub_pages = heap.dirty_pages;
    info->outstanding_pages = heap.claimed_pages;
    info->max_mfn = host_info.max_mfn.v;
    c->copy_back = true;
    return 0;
}

#define LOW_ZONE_BITS 32U /* addresses of ZONE_LOW have no more */

#define PHYS_BITS     52U

/* Have all addresses of RAM below 2^LIMIT no more than that many bits? 0: any number will do. */
static bool ram_is_below(uint32_t bits, uint32_t limit)
{
    uint64_t last = MIN(host_info.max_mfn.v << PAGE_SHIFT | ~PAGE_MASK, (1UL << limit) - 1);

    return bits == 0 || bits >= limit || !(last >> bits);
}

/* Of the zones, those whose addresses all have the wanted widths: never more than there is. */
static uint64_t avail_pages(nodeid_t node, uint32_t min_bits, uint32_t max_bits)
{
    uint64_t pages = 0;

    if (min_bits == 0 && ram_is_below(max_bits, LOW_ZONE_BITS))
        pages += heap_avail_zone(node, ZONE_LOW);
    if (min_bits <= LOW_ZONE_BITS && ram_is_below(max_bits, PHYS_BITS))
        pages += heap_avail_zone(node, ZONE_HIGH);
    return pages;
}

/* Claimed memory counts as available, as in all of Xen's reports. */
int sysctl_availheap(struct sysctl_call *c)
{
    struct xen_sysctl_availheap *heap = &c->op.u.availheap;
    nodeid_t node;

    heap->avail_bytes = 0;
    for_each_node_in (node, node_online_map)
        if (heap->node == -1 || heap->node == node)
            heap->avail_bytes += avail_pages(node, heap->min_bitwidth, heap->max_bitwidth) << PAGE_SHIFT;
    c->copy_back = true;
    return 0;
}

static int copy_meminfo(const struct xen_sysctl_numainfo *info, unsigned int nr)
{
    struct heap_info heap;

    heap_info(&heap);
    for (unsigned int i = 0; i < nr; i++) {
        struct xen_sysctl_meminfo mem = {XEN_INVALID_MEM_SZ, XEN_INVALID_MEM_SZ};

        if (node_in((nodeid_t)i, node_online_map)) {
            mem.memsize = (uint64_t)heap.node_total[i] << PAGE_SHIFT;
            mem.memfree = (uint64_t)heap.node_avail[i] << PAGE_SHIFT;
        }
        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(info->meminfo), i * sizeof(mem)), &mem, sizeof(mem)))
            return refuse(EFAULT, "numainfo: node %u cannot be written", i);
    }
    return 0;
}

static uint32_t reported_distance(unsigned int from, unsigned int to)
{
    if (!node_in((nodeid_t)from, node_online_map) || !node_in((nodeid_t)to, node_online_map))
        return XEN_INVALID_NODE_DIST;
    return node_distance((nodeid_t)from, (nodeid_t)to);
}

static int copy_distances(const struct xen_sysctl_numainfo *info, unsigned int nr)
{
    uint32_t row[MAX_NUMNODES];

    for (unsigned int from = 0; from < nr; from++) {
        for (unsigned int to = 0; to < nr; to++)
            row[to] = reported_distance(from, to);
        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(info->distance), from * nr * sizeof(row[0])), row,
                               nr * sizeof(row[0])))
            return refuse(EFAULT, "numainfo: distances of node %u cannot be written", from);
    }
    return 0;
}

int sysctl_numainfo(struct sysctl_call *c)
{
    struct xen_sysctl_numainfo *info = &c->op.u.numainfo;
    bool query = handle_is_null(info->meminfo) && handle_is_null(info->distance);
    uint32_t capacity = info->num_nodes;
    int rc = 0;

    info->num_nodes = nr_node_ids();
    c->copy_back = true;
    if (!query && capacity < info->num_nodes)
        return refuse(ENOBUFS, "numainfo: room for %u of %u", capacity, info->num_nodes);
    if (!handle_is_null(info->meminfo))
        rc = copy_meminfo(info, info->num_nodes);
    if (rc == 0 && !handle_is_null(info->distance))
        rc = copy_distances(info, info->num_nodes);
    return rc;
}

static unsigned long recalled_from(domid_t domid)
{
    struct domain *d = domain_get(domid);
    struct domain_mem_info mem = {0};

    if (d) {
        domain_mem_info(&d->mem, &mem);
        domain_put(d);
    }
    return mem.recalled_pages;
}

/* Spec section 8: nodes and totals are one snapshot. */
int sysctl_claiminfo(struct sysctl_call *c)
{
    struct xen_sysctl_claiminfo *info = allod_claiminfo(&c->op);
    uint32_t capacity = info->nr_nodes;
    struct heap_info heap;

    heap_info(&heap);
    info->nr_nodes = nr_node_ids();
    info->pad = 0;
    info->total = heap.total_pages;
    info->free = heap.avail_pages;
    info->claimed = heap.claimed_pages;
    info->dirty = heap.dirty_pages;
    info->pending = heap.pending_pages;
    info->recalled = heap.recalled_claims;
    info->domain_recalled = recalled_from(info->domid);
    c->copy_back = true;
    if (handle_is_null(info->nodes))
        return 0;
    if (capacity < info->nr_nodes)
        return refuse(ENOBUFS, "claiminfo: room for %u of %u", capacity, info->nr_nodes);
    for (unsigned int i = 0; i < info->nr_nodes; i++) {
        struct xen_claiminfo_node node = {heap.node_total[i], heap.node_avail[i], heap.node_claimed[i],
                                          heap.node_offlined[i]};

        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(info->nodes), i * sizeof(node)), &node, sizeof(node)))
            return refuse(EFAULT, "claiminfo: node %u cannot be written", i);
    }
    return 0;
}
