/* SPDX-License-Identifier: MIT */
/* The domain builder: virtual NUMA nodes from the claim set, so that the guest knows where its memory is. */
#include "build_internal.h"
#include <stdlib.h>

/* As build_populate goes through the set. */
bool build_find_nodes(const struct guest_build_config *c, struct pvh_numa *numa)
{
    uint64_t left = c->pages;

    *numa = (struct pvh_numa){0};
    for (unsigned int i = 0; c->vnuma && i < c->nr_claims && left; i++) {
        uint64_t pages = c->claims[i].pages < left ? c->claims[i].pages : left;

        if (!pages || !build_is_node(&c->claims[i]))
            continue;
        if (!pvh_numa_add(numa, c->claims[i].target, pages << XC_PAGE_SHIFT))
            return false;
        left -= pages;
    }
    if (!numa->nr_nodes)
        return true;
    pvh_numa_extend(numa, left << XC_PAGE_SHIFT);
    pvh_numa_place_vcpus(numa, c->vcpus);
    return true;
}

uint64_t guest_build_extra(const struct guest_build_config *c)
{
    struct pvh_numa numa;

    if (!build_find_nodes(c, &numa))
        return 0;
    return (pvh_acpi_size(c->vcpus, &numa) + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
}

/* As far as their host nodes are from each other. */
static int find_distances(struct build *b)
{
    struct pvh_numa *n = &b->numa;
    unsigned int nr = 0;
    xc_meminfo_t *nodes;
    uint32_t *distance;
    int rc;

    if (xc_numainfo(b->xch, &nr, NULL, NULL))
        return build_fail(b, "numainfo");
    nodes = calloc(nr, sizeof(*nodes));
    distance = calloc((size_t)nr * nr, sizeof(*distance));
    rc = !nodes || !distance || xc_numainfo(b->xch, &nr, nodes, distance)
             ? build_fail(b, "numainfo, %u nodes", nr)
             : 0;
    for (uint32_t i = 0; i < n->nr_nodes * n->nr_nodes && !rc; i++) {
        uint32_t from = i / n->nr_nodes, to = i % n->nr_nodes;

        pvh_numa_set_distance(n, from, to, distance[n->host_node[from] * nr + n->host_node[to]]);
    }
    free(nodes);
    free(distance);
    return rc;
}

/* A vCPU prefers the CPUs of the node behind its virtual node, if that has some. */
static int prefer_cpus(struct build *b, uint32_t vcpu, const xc_cputopo_t *cpu, unsigned int nr)
{
    xc_cpumap_t map = xc_cpumap_alloc(b->xch);
    bool any = false;
    int rc = map ? 0 : build_fail(b, "no CPU map");

    for (unsigned int i = 0; i < nr && !rc; i++) {
        if (cpu[i].node != b->numa.host_node[b->numa.vcpu_to_node[vcpu]])
            continue;
        xc_cpumap_setcpu((int)i, map);
        any = true;
    }
    if (any && xc_vcpu_setaffinity(b->xch, b->domid, (int)vcpu, NULL, map, XEN_VCPUAFFINITY_SOFT))
        rc = build_fail(b, "setvcpuaffinity, vCPU %u", vcpu);
    free(map);
    return rc;
}

static int place_vcpus(struct build *b)
{
    unsigned int nr = 0;
    xc_cputopo_t *cpu;
    int rc;

    if (xc_cputopoinfo(b->xch, &nr, NULL))
        return build_fail(b, "cputopoinfo");
    cpu = calloc(nr, sizeof(*cpu));
    rc = !cpu || xc_cputopoinfo(b->xch, &nr, cpu) ? build_fail(b, "cputopoinfo, %u CPUs", nr) : 0;
    for (uint32_t i = 0; i < b->numa.nr_vcpus && !rc; i++)
        rc = prefer_cpus(b, i, cpu, nr);
    free(cpu);
    return rc;
}

int build_vnuma(struct build *b)
{
    struct pvh_numa *n = &b->numa;

    if (!n->nr_nodes)
        return 0;
    if (find_distances(b))
        return -1;
    if (xc_domain_setvnuma(b->xch, b->domid, n->nr_nodes, n->nr_ranges, n->nr_vcpus, n->range, n->distance,
                           n->vcpu_to_node, n->host_node))
        return build_fail(b, "setvnumainfo, %u virtual nodes", n->nr_nodes);
    return place_vcpus(b);
}
