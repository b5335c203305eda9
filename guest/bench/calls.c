/* SPDX-License-Identifier: MIT */
/* Short calls and claims, each by itself. */
#include "bench.h"
#include <xen/memory.h>

#define CLAIM_PAGES 64
#define MAX_NODES   64
#define TOTAL_PAGES 4096 /* of the legacy claim */
#define POOL_OF_XEN 256  /* pages that Xen gives to each domain's paging pool at once */

static domid_t target;
static memory_claim_t on_node[MAX_NODES];
static uint32_t nr_nodes;

static void set_one(void)
{
    need(claim_set(target, on_node, 1) == 0, "claim_memory failed");
}

static void set_all(void)
{
    need(claim_set(target, on_node, nr_nodes) == 0, "claim_memory failed");
}

static void get_claims(void)
{
    static memory_claim_t claims[MAX_NODES + 1];
    struct xen_domctl op;

    *allod_claim_memory(&op) =
        (struct xen_domctl_claim_memory){.nr_entries = MAX_NODES + 1, .mode = XEN_DOMCTL_CLAIM_MEMORY_GET};
    set_xen_guest_handle_raw(allod_claim_memory(&op)->claim_set, claims);
    need(domctl(&op, XEN_DOMCTL_claim_memory, target) == 0, "GET failed");
}

static void claim_pages(uint64_t pages)
{
    struct xen_memory_reservation r = {.nr_extents = pages, .domid = target};

    need(xen_hypercall(__HYPERVISOR_memory_op, XENMEM_claim_pages, (uintptr_t)&r, 0, 0, 0) == 0,
         "claim_pages failed");
}

static void legacy_pair(void)
{
    claim_pages(TOTAL_PAGES);
    claim_pages(0);
}

static void max_mem(void)
{
    struct xen_domctl op;

    op.u.max_mem.max_memkb = 2 << 20;
    need(domctl(&op, XEN_DOMCTL_max_mem, target) == 0, "max_mem failed");
}

static void getdomaininfo(void)
{
    struct xen_domctl op;

    need(domctl(&op, XEN_DOMCTL_getdomaininfo, target) == 0, "getdomaininfo failed");
}

static domid_t create(unsigned int max_vcpus)
{
    struct xen_domctl op = {
        .u.createdomain = {.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = max_vcpus}};

    need(domctl(&op, XEN_DOMCTL_createdomain, 0) == 0, "createdomain failed");
    return op.domain;
}

static void set_pool(domid_t domid, unsigned long pages)
{
    struct xen_domctl op;

    op.u.paging_mempool.size = pages << PAGE_SHIFT;
    need(domctl(&op, XEN_DOMCTL_set_paging_mempool_size, domid) == 0, "set_paging_mempool_size failed");
}

/* As real Xen was measured: create, max_mem, destroy, without a vCPU. */
static void life(void)
{
    target = create(1);
    max_mem();
    domain_end(target);
}

static void life_with_vcpu(void)
{
    struct xen_domctl op;

    target = create(1);
    max_mem();
    op.u.max_vcpus.max = 1;
    need(domctl(&op, XEN_DOMCTL_max_vcpus, target) == 0, "max_vcpus failed");
    domain_end(target);
}

static void life_with_pool(void)
{
    target = create(1);
    set_pool(target, POOL_OF_XEN);
    max_mem();
    domain_end(target);
}

static const struct {
    const char *name;
    void (*work)(void);
} plain_calls[] =
    {
        {"create_destroy", life},
        {"create_destroy_vcpu", life_with_vcpu},
        {"create_destroy_pool", life_with_pool},
},
  domain_calls[] = {
      {"claim_set_1", set_one},     {"claim_get_1", get_claims}, {"claim_set_64", set_all},
      {"claim_get_64", get_claims}, {"max_mem", max_mem},        {"getdomaininfo", getdomaininfo},
};

static void find_nodes(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_claiminfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    need(xen_hypercall(__HYPERVISOR_sysctl, (uintptr_t)&op, 0, 0, 0, 0) == 0, "claiminfo failed");
    nr_nodes = allod_claiminfo(&op)->nr_nodes;
    need(nr_nodes == MAX_NODES, "the machine has not 64 nodes");
    for (uint32_t i = 0; i < nr_nodes; i++)
        on_node[i] = (memory_claim_t){.pages = CLAIM_PAGES, .target = i};
}

void bench_calls(void)
{
    find_nodes();
    for (unsigned int i = 0; i < sizeof(plain_calls) / sizeof(plain_calls[0]); i++)
        measure(plain_calls[i].name, plain_calls[i].work);
    target = domain_new();
    need(claim_set(target, on_node, nr_nodes) == 0, "claim of 64 nodes failed");
    for (unsigned int i = 0; i < sizeof(domain_calls) / sizeof(domain_calls[0]); i++)
        measure(domain_calls[i].name, domain_calls[i].work);
    on_node[0].pages = 0;
    need(claim_set(target, on_node, 1) == 0, "release failed");
    measure("claim_legacy_pair", legacy_pair);
    domain_end(target);
}
