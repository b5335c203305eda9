/* SPDX-License-Identifier: MIT */
/* The part of libxenctrl's interface that builders need: the same names, types and errno behaviour as
 * Xen 4.17's library. Unless said otherwise functions return 0, or -1 with errno. Unlike there, ENOSYS is
 * never hidden. */
#ifndef XENCTRL_H
#define XENCTRL_H

#include <stddef.h>
#include <stdint.h>
#include <xen/domctl.h>
#include <xen/hvm/save.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <xen/xen.h>

#include <public/claims.h>

#define XC_PAGE_SHIFT 12
#define XC_PAGE_SIZE  (1UL << XC_PAGE_SHIFT)

typedef struct xc_interface_core xc_interface;
typedef struct xentoollog_logger xentoollog_logger;

/* Loggers and flags are accepted and not used: what failed is in errno. */
xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned open_flags);
int xc_interface_close(xc_interface *xch);

/* The calls under the others; the interface version is filled in. */
int xc_domctl(xc_interface *xch, struct xen_domctl *domctl);
int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl);
long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len);
int xc_version(xc_interface *xch, int cmd, void *arg); /* returns the hypercall's result */

/* ---- Domains ---- */

typedef struct xc_dominfo {
    uint32_t domid;
    uint32_t ssidref;
    unsigned int dying : 1, crashed : 1, shutdown : 1, paused : 1, blocked : 1, running : 1, hvm : 1,
        debugged : 1, xenstore : 1, hap : 1;
    unsigned int shutdown_reason; /* only meaningful if shutdown is set */
    unsigned long nr_pages;       /* current number, not maximum */
    unsigned long nr_outstanding_pages;
    unsigned long nr_shared_pages;
    unsigned long nr_paged_pages;
    unsigned long shared_info_frame;
    uint64_t cpu_time;
    unsigned long max_memkb;
    unsigned int nr_online_vcpus;
    unsigned int max_vcpu_id;
    xen_domain_handle_t handle;
    unsigned int cpupool;
    uint8_t gpaddr_bits;
    struct xen_arch_domainconfig arch_config;
} xc_dominfo_t;

typedef xen_domctl_getdomaininfo_t xc_domaininfo_t;

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config);
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max);
int xc_domain_pause(xc_interface *xch, uint32_t domid);
int xc_domain_unpause(xc_interface *xch, uint32_t domid);
int xc_domain_destroy(xc_interface *xch, uint32_t domid);
int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason);
int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb);
/* Both start with the first domain whose id is >= FIRST_DOMID and return the number of domains found. */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms, xc_dominfo_t *info);
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info);

/* A stream of save records. With a NULL buffer getcontext returns the size; otherwise the bytes filled in. */
int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size);
int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size);

/* Bytes. */
int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size);
int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size);

/* One bit for each node; xc_get_nodemap_size bytes. */
typedef uint8_t *xc_nodemap_t;
int xc_get_max_nodes(xc_interface *xch);
int xc_get_nodemap_size(xc_interface *xch);
xc_nodemap_t xc_nodemap_alloc(xc_interface *xch);
int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);
int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);

/* ---- Claims: spec/claims.md sections 6 to 8 ---- */

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages);
#include "xenclaim_compat.h" /* xc_domain_claim_memory */

typedef struct xen_claiminfo_node xc_claiminfo_node_t;
typedef struct xc_claiminfo {
    uint64_t total, free, claimed; /* pages of the host; claimed includes host-wide claims */
} xc_claiminfo_t;
/* *NR_NODES: capacity of NODES, then the highest node id + 1. NODES and INFO may be NULL. */
int xc_claiminfo(xc_interface *xch, unsigned int *nr_nodes, xc_claiminfo_node_t *nodes, xc_claiminfo_t *info);

/* ---- Memory. Without _exact: the number of extents done, or -1. With it: EBUSY if not all were. ---- */

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                               unsigned int extent_order, unsigned int mem_flags, xen_pfn_t *extent_start);
int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                     unsigned int extent_order, unsigned int mem_flags,
                                     xen_pfn_t *extent_start);
int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, xen_pfn_t *extent_start);
int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                         unsigned int extent_order, xen_pfn_t *extent_start);
int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
                                   unsigned int space, unsigned int size, xen_ulong_t *idxs, xen_pfn_t *gfpns,
                                   int *errs);
int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn);

/* Where a domain's memory lies. *FIRST_GFN: where to start, then where to go on, ~0 at the end. Returns the
 * number of runs, or -1. */
int xc_domain_map_runs(xc_interface *xch, uint32_t domid, uint64_t *first_gfn, unsigned int nr_runs,
                       struct xen_domain_map_run *runs);

/* ---- The host ---- */

typedef struct xen_sysctl_physinfo xc_physinfo_t;
typedef struct xen_sysctl_cputopo xc_cputopo_t;
typedef struct xen_sysctl_meminfo xc_meminfo_t;

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info);
/* *MAX_...: capacity, then how many there are. NULL arrays: query that number. */
int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance);
int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo);

/* Debug builds: ALLOD_DEBUG_* of <public/claims.h>, whole structure in and out. */
int xc_allod_debug(xc_interface *xch, struct xen_sysctl_allod_debug *debug);

#endif
