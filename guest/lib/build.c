/* SPDX-License-Identifier: MIT */
/* The domain builder's steps in order: create, size, claim, populate, load, set the start state. Affinity
 * comes first, so that nested tables lie where the memory will. */
#include "build_internal.h"
#include <stdlib.h>

#define PAGES_TO_KIB  (XC_PAGE_SIZE / 1024)
#define POOL_RESERVE  64 /* pages for the upper levels and for what the guest maps itself */
#define ENTRIES_SHIFT 9  /* of a page table */
#define MAX_CLAIMS    65 /* 64 nodes and the host-wide claim */

static const char *plural(unsigned int n)
{
    return n == 1 ? "" : "s";
}

static int create(struct build *b)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = b->config->vcpus,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };

    b->domid = 0;
    if (xc_domain_create(b->xch, &b->domid, &config))
        return build_fail(b, "createdomain, %u vCPU%s", b->config->vcpus, plural(b->config->vcpus));
    return 0;
}

/* Enough nested tables to map all of the memory page by page. They come before the claims, so that a host
 * whose memory is claimed entirely can still finish the build. */
static int set_paging_pool(struct build *b)
{
    uint64_t pages =
        (b->config->pages >> ENTRIES_SHIFT) + (b->config->pages >> (2 * ENTRIES_SHIFT)) + POOL_RESERVE;

    if (xc_set_paging_mempool_size(b->xch, b->domid, pages << XC_PAGE_SHIFT))
        return build_fail(b, "set_paging_mempool_size, %lu pages", pages);
    return 0;
}

static int set_limits(struct build *b)
{
    uint64_t pages = b->config->pages + guest_build_extra(b->config);

    if (xc_domain_setmaxmem(b->xch, b->domid, pages * PAGES_TO_KIB))
        return build_fail(b, "max_mem, %lu pages", pages);
    if (xc_domain_max_vcpus(b->xch, b->domid, b->config->vcpus))
        return build_fail(b, "max_vcpus, %u vCPU%s", b->config->vcpus, plural(b->config->vcpus));
    return 0;
}

/* The message has the errno of the claim last, as all have. */
static int claims_refused(struct build *b, const struct xen_memory_claim *set, uint64_t pages)
{
    char where[100] = "";
    int reason = errno;

    if (reason == ENOMEM)
        guest_claim_shortage(b->xch, b->domid, set, b->config->nr_claims, where, sizeof(where));
    errno = reason;
    return build_fail(b, "claim_memory, %u entries, %lu pages%s%s", b->config->nr_claims, pages,
                      *where ? "; " : "", where);
}

static int install_claims(struct build *b)
{
    struct xen_memory_claim set[MAX_CLAIMS];
    uint32_t nr = b->config->nr_claims;
    uint64_t pages = 0;

    if (!nr || b->config->only_hints)
        return 0;
    if (nr > MAX_CLAIMS)
        return build_refuse(b, E2BIG, "claim_memory: %u entries, at most %u", nr, MAX_CLAIMS);
    for (uint32_t i = 0; i < nr; i++) {
        set[i] = b->config->claims[i];
        pages += set[i].pages;
    }
    if (xc_domain_claim_memory(b->xch, b->domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, set))
        return claims_refused(b, set, pages);
    return 0;
}

/* Every node that the claims or the affinity name is there. */
static int check_nodes(struct build *b)
{
    const struct guest_build_config *c = b->config;
    int nr = xc_get_max_nodes(b->xch);
    uint32_t last = c->affinity ? 63 - (uint32_t)__builtin_clzl(c->affinity) : 0;

    if (nr < 0)
        return build_fail(b, "physinfo");
    for (unsigned int i = 0; i < c->nr_claims; i++)
        if (build_is_node(&c->claims[i]) && c->claims[i].target > last)
            last = c->claims[i].target;
    if (last >= (uint32_t)nr)
        return build_refuse(b, ENOENT, "there is no node %u, the last one is %d", last, nr - 1);
    return 0;
}

static int set_affinity(struct build *b)
{
    uint64_t nodes = b->config->affinity;
    xc_nodemap_t map;
    int size = xc_get_nodemap_size(b->xch), rc;

    if (!nodes)
        return 0;
    map = size < 0 ? NULL : xc_nodemap_alloc(b->xch);
    if (!map)
        return build_fail(b, "setnodeaffinity, no node map");
    for (int i = 0; i < size && i < (int)sizeof(nodes); i++)
        map[i] = (uint8_t)(nodes >> (i * 8));
    rc = xc_domain_node_setaffinity(b->xch, b->domid, map);
    free(map);
    return rc ? build_fail(b, "setnodeaffinity, nodes %#lx", nodes) : 0;
}

/* What XENMEM_memory_map answers to the guest: the same map as in its start info. */
static int set_memory_map(struct build *b)
{
    struct e820entry map[PVH_MAX_MEMMAP];

    for (uint32_t i = 0; i < b->start.nr_memmap; i++)
        map[i] = (struct e820entry){b->memmap[i].addr, b->memmap[i].size, b->memmap[i].type};
    if (xc_domain_set_memory_map(b->xch, b->domid, map, b->start.nr_memmap))
        return build_fail(b, "set_memory_map, %u entries", b->start.nr_memmap);
    return 0;
}

/* Pages near the end of the hole: the hypervisor puts them there, and is the other end. */
static int open_rings(struct build *b)
{
    if (xc_hvm_param_set(b->xch, b->domid, HVM_PARAM_CONSOLE_PFN, PVH_CONSOLE_GFN))
        return build_fail(b, "set_param, console ring at gfn %#lx", PVH_CONSOLE_GFN);
    if (xc_hvm_param_set(b->xch, b->domid, HVM_PARAM_STORE_PFN, PVH_STORE_GFN))
        return build_fail(b, "set_param, xenstore ring at gfn %#lx", PVH_STORE_GFN);
    return 0;
}

static int release_claims(struct build *b)
{
    struct xen_memory_claim none = {.target = XEN_DOMCTL_CLAIM_MEMORY_HOST};
    uint32_t nr = 1;

    if (b->config->nr_claims && !b->config->only_hints &&
        xc_domain_claim_memory(b->xch, b->domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, &none))
        return build_fail(b, "claim_memory, release");
    return 0;
}

int guest_build(xc_interface *xch, const struct guest_build_config *config, uint32_t *domid, char *error,
                size_t size)
{
    static int (*const steps[])(struct build *) = {
        set_affinity,   set_paging_pool, set_limits,           set_memory_map,
        open_rings,     build_vnuma,     build_populate_extra, install_claims,
        build_populate, build_load,      build_start_state,    release_claims,
    };
    struct build b = {.xch = xch, .config = config, .error = error, .error_size = size};

    if (build_plan(&b) || check_nodes(&b) || create(&b))
        return -1;
    *domid = b.domid;
    for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i](&b)) {
            int reason = errno;

            xc_domain_destroy(xch, b.domid);
            errno = reason;
            return -1;
        }
    }
    return 0;
}
