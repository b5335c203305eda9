/* SPDX-License-Identifier: MIT */
/* A builder that uses only what libxenctrl has: it compiles against Debian's headers as against ours. */
#include "examples.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define POOL_BYTES  (1UL << 20)
#define AT_ONCE     64
#define SPECIAL_GFN 0xfeff8UL

static int create(xc_interface *xch, unsigned long nr_pages, uint32_t *domid)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = 1,
        .max_evtchn_port = -1,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };

    *domid = 0;
    if (xc_domain_create(xch, domid, &config))
        return -1;
    if (xc_set_paging_mempool_size(xch, *domid, POOL_BYTES) || xc_domain_max_vcpus(xch, *domid, 1) ||
        xc_domain_setmaxmem(xch, *domid, nr_pages * (XC_PAGE_SIZE / 1024)))
        return -1;
    return 0;
}

/* Prefer the node with the most free memory. Returns it, or -1. */
static int choose_node(xc_interface *xch, uint32_t domid)
{
    unsigned int nr = 0;
    xc_meminfo_t *info = NULL;
    xc_nodemap_t map = xc_nodemap_alloc(xch);
    int best = 0, rc = -1;

    if (map && !xc_numainfo(xch, &nr, NULL, NULL))
        info = calloc(nr, sizeof(*info));
    if (info && !xc_numainfo(xch, &nr, info, NULL)) {
        for (unsigned int i = 1; i < nr; i++)
            if (info[i].memsize != XEN_INVALID_MEM_SZ && info[i].memfree > info[best].memfree)
                best = (int)i;
        map[best / 8] |= (uint8_t)(1 << best % 8);
        rc = xc_domain_node_setaffinity(xch, domid, map);
    }
    free(info);
    free(map);
    return rc ? -1 : best;
}

static int populate(xc_interface *xch, uint32_t domid, unsigned long nr_pages, int node)
{
    xen_pfn_t frames[AT_ONCE];

    for (unsigned long done = 0; done < nr_pages; done += AT_ONCE) {
        unsigned long nr = nr_pages - done < AT_ONCE ? nr_pages - done : AT_ONCE;

        for (unsigned long i = 0; i < nr; i++)
            frames[i] = done + i;
        if (xc_domain_populate_physmap_exact(xch, domid, nr, 0, XENMEMF_node(node), frames))
            return -1;
    }
    return 0;
}

int portable_build(xc_interface *xch, unsigned long nr_pages, uint32_t *domid)
{
    int node;

    if (create(xch, nr_pages, domid))
        return -1;
    if (xc_domain_claim_pages(xch, *domid, nr_pages))
        return -1;
    node = choose_node(xch, *domid);
    if (node < 0 || populate(xch, *domid, nr_pages, node))
        return -1;
    return xc_domain_claim_pages(xch, *domid, 0);
}

/* One virtual node with everything; it reads back as it was set. */
static int virtual_node(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
    xen_vmemrange_t range = {.start = 0, .end = nr_pages << XC_PAGE_SHIFT, .flags = 0, .nid = 0}, seen = {0};
    unsigned int distance = 10, vcpu_to_vnode = 0, vnode_to_pnode = 0;
    uint32_t nodes = 1, ranges = 1, vcpus = 1;

    if (xc_domain_setvnuma(xch, domid, 1, 1, 1, &range, &distance, &vcpu_to_vnode, &vnode_to_pnode) ||
        xc_domain_getvnuma(xch, domid, &nodes, &ranges, &vcpus, &seen, &distance, &vcpu_to_vnode))
        return -1;
    if (nodes == 1 && ranges == 1 && vcpus == 1 && distance == 10 && seen.end == range.end)
        return 0;
    errno = ERANGE;
    return -1;
}

/* What the guest will find: parameters, memory map, virtual nodes, special pages. */
int portable_describe(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
    struct e820entry map[] = {{.addr = 0, .size = nr_pages << XC_PAGE_SHIFT, .type = E820_RAM}};
    uint64_t value = 0;

    if (xc_domain_set_time_offset(xch, domid, 3600) ||
        xc_hvm_param_set(xch, domid, HVM_PARAM_STORE_PFN, SPECIAL_GFN) ||
        xc_hvm_param_get(xch, domid, HVM_PARAM_STORE_PFN, &value))
        return -1;
    if (value != SPECIAL_GFN) {
        errno = EINVAL;
        return -1;
    }
    if (xc_domain_set_memory_map(xch, domid, map, ARRAY_SIZE(map)) || virtual_node(xch, domid, nr_pages))
        return -1;
    return xc_domain_add_to_physmap(xch, domid, XENMAPSPACE_shared_info, 0, SPECIAL_GFN - 1);
}

/* The vCPU may run everywhere. */
static int check_vcpu(xc_interface *xch, uint32_t domid)
{
    xc_vcpuinfo_t vcpu;
    xc_cpumap_t all = xc_cpumap_alloc(xch);
    int rc = -1;

    if (all && !xc_vcpu_getinfo(xch, domid, 0, &vcpu)) {
        memset(all, 0xff, (size_t)xc_get_cpumap_size(xch));
        rc = xc_vcpu_setaffinity(xch, domid, 0, all, NULL, XEN_VCPUAFFINITY_HARD);
    }
    if (!rc)
        rc = xc_vcpu_getaffinity(xch, domid, 0, all, NULL, XEN_VCPUAFFINITY_HARD);
    if (!rc && !xc_cpumap_testcpu(0, all)) {
        errno = ENOENT;
        rc = -1;
    }
    free(all);
    return rc;
}

/* What a tool reads about it. */
int portable_survey(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
    xc_dominfo_t info;
    xc_physinfo_t host;
    xen_pfn_t frames = 0;
    uint64_t bytes = 0, pool = 0;

    if (xc_domain_getinfo(xch, domid, 1, &info) != 1 || xc_physinfo(xch, &host) ||
        xc_get_paging_mempool_size(xch, domid, &pool) || xc_domain_nr_gpfns(xch, domid, &frames) ||
        xc_availheap(xch, 0, 0, -1, &bytes) || check_vcpu(xch, domid))
        return -1;
    if (info.domid == domid && info.nr_pages == nr_pages && !info.nr_outstanding_pages && info.paused &&
        xc_get_tot_pages(xch, domid) == (long)nr_pages && pool == POOL_BYTES && frames >= nr_pages &&
        bytes == host.free_pages << XC_PAGE_SHIFT)
        return 0;
    errno = ERANGE;
    return -1;
}

/* The last pages go back and come again. */
int portable_balloon(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
    xen_pfn_t frames[AT_ONCE];

    for (unsigned int i = 0; i < AT_ONCE; i++)
        frames[i] = nr_pages - AT_ONCE + i;
    if (xc_domain_decrease_reservation_exact(xch, domid, AT_ONCE, 0, frames))
        return -1;
    if (xc_get_tot_pages(xch, domid) != (long)nr_pages - AT_ONCE) {
        errno = ERANGE;
        return -1;
    }
    return xc_domain_populate_physmap_exact(xch, domid, AT_ONCE, 0, 0, frames);
}

/* What a tool reads about the host. */
int portable_host(xc_interface *xch)
{
    char text[256];
    unsigned int nr = sizeof(text);
    uint32_t index = 0;
    xc_cpuinfo_t cpus[8];
    unsigned long highest = 0;
    int found = 0;

    if (xc_version(xch, XENVER_version, NULL) < 0 || xc_readconsolering(xch, text, &nr, 0, 1, &index) ||
        xc_getcpuinfo(xch, ARRAY_SIZE(cpus), cpus, &found) || xc_maximum_ram_page(xch, &highest))
        return -1;
    if (nr <= sizeof(text) && found > 0 && highest)
        return 0;
    errno = ERANGE;
    return -1;
}
