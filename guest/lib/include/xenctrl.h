/* SPDX-License-Identifier: MIT */
/* The part of libxenctrl's interface that builders need: the same names, types and errno behaviour as
 * Xen 4.17's library. Unless said otherwise functions return 0, or -1 with errno. Unlike there, ENOSYS is
 * never hidden. */
#ifndef XENCTRL_H
#define XENCTRL_H

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xen/xen.h>

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/version.h>

#include <public/claims.h>

#define XC_PAGE_SHIFT            12
#define XC_PAGE_SIZE             (1UL << XC_PAGE_SHIFT)
#define XC_PAGE_MASK             (~(XC_PAGE_SIZE - 1))

#define XENCTRL_HAS_XC_INTERFACE 1

typedef struct xc_interface_core xc_interface;
typedef struct xentoollog_logger xentoollog_logger;

enum xc_open_flags {
    XC_OPENFLAG_DUMMY = 1 << 0,
    XC_OPENFLAG_NON_REENTRANT = 1 << 1,
};

/* Loggers and flags are accepted and not used: what failed is in errno and in xc_get_last_error. */
xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned open_flags);
int xc_interface_close(xc_interface *xch);
/* Belongs to xch. */
struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch);

/* ---- Errors ---- */

enum xc_error_code {
    XC_ERROR_NONE = 0,
    XC_INTERNAL_ERROR = 1, /* a hypercall failed */
    XC_INVALID_KERNEL = 2,
    XC_INVALID_PARAM = 3,
    XC_OUT_OF_MEMORY = 4,
};
typedef enum xc_error_code xc_error_code;

#define XC_MAX_ERROR_MSG_LEN 1024
typedef struct xc_error {
    enum xc_error_code code;
    char message[XC_MAX_ERROR_MSG_LEN];
} xc_error;

const char *xc_error_code_to_desc(int code);
const char *xc_strerror(xc_interface *xch, int errcode);
/* Which hypercall through this handle failed last, and why; valid until the next one fails. */
const xc_error *xc_get_last_error(xc_interface *handle);
void xc_clear_last_error(xc_interface *xch);

/* ---- Memory for hypercalls: here any memory is good ---- */

#define DECLARE_HYPERCALL_BUFFER(_type, _name)            _type *_name = NULL
#define HYPERCALL_BUFFER_NULL                             NULL
#define HYPERCALL_BUFFER_AS_ARG(_name)                    ((unsigned long)(_name))
#define set_xen_guest_handle_offset(_hnd, _val, _off)     set_xen_guest_handle(_hnd, (_val) + (_off))
#define xc_hypercall_buffer_alloc(_xch, _name, _size)     xc_memalign(_xch, sizeof(uint64_t), _size)
#define xc_hypercall_buffer_free(_xch, _name)             free(_name)
#define xc_hypercall_buffer_alloc_pages(_xch, _name, _nr) xc_memalign(_xch, XC_PAGE_SIZE, (_nr)*XC_PAGE_SIZE)
#define xc_hypercall_buffer_free_pages(_xch, _name, _nr)  free(_name)

/* Zeroed; free it with free. */
void *xc_memalign(xc_interface *xch, size_t alignment, size_t size);

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
int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle);
int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t time_offset_seconds);
/* Both start with the first domain whose id is >= FIRST_DOMID and return the number of domains found. */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms, xc_dominfo_t *info);
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info);

/* Pages that the domain has; -1 with ESRCH if there is no such domain. */
long xc_get_tot_pages(xc_interface *xch, uint32_t domid);

/* ---- The state that a domain starts in ---- */

/* A stream of save records. With a NULL buffer getcontext returns the size; otherwise the bytes filled in. */
int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size);
int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size);

/* One record without its descriptor. */
int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid, uint16_t typecode, uint16_t instance,
                                     void *ctxt_buf, uint32_t size);

/* HVM_PARAM_* of <xen/hvm/params.h>. The second pair is deprecated, as in Xen. */
int xc_hvm_param_set(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t value);
int xc_hvm_param_get(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t *value);
int xc_set_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long value);
int xc_get_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long *value);

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5
#define E820MAX       (128)

struct e820entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __attribute__((packed));

/* The map that the guest reads with XENMEM_memory_map. */
int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
                             uint32_t nr_entries);
/* The host's own; returns the number of entries. */
int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max_entries);

int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes, uint32_t nr_regions,
                       uint32_t nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode, unsigned int *vnode_to_pnode);
/* The three numbers are capacities, then what there is; ENOBUFS when one was too small. */
int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes, uint32_t *nr_vmemranges,
                       uint32_t *nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode);

/* ---- vCPUs and CPUs ---- */

typedef struct xen_domctl_getvcpuinfo xc_vcpuinfo_t;
int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info);
/* Nanoseconds. */
long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid, int vcpu);

/* One bit for each CPU; xc_get_cpumap_size bytes. */
typedef uint8_t *xc_cpumap_t;
int xc_get_max_cpus(xc_interface *xch);
int xc_get_online_cpus(xc_interface *xch);
int xc_get_cpumap_size(xc_interface *xch);
xc_cpumap_t xc_cpumap_alloc(xc_interface *xch);
void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map);
void xc_cpumap_setcpu(int cpu, xc_cpumap_t map);
int xc_cpumap_testcpu(int cpu, xc_cpumap_t map);

/* FLAGS: XEN_VCPUAFFINITY_HARD and _SOFT say which maps are meant. Setting returns the effective affinity in
 * the same maps. */
int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard_inout,
                        xc_cpumap_t cpumap_soft_inout, uint32_t flags);
int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard,
                        xc_cpumap_t cpumap_soft, uint32_t flags);

/* ---- Event channels of any domain ---- */

/* A new port of DOM that waits for REMOTE_DOM, or -1. */
typedef int xc_evtchn_port_or_error_t;
xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom, uint32_t remote_dom);
/* Close all ports of DOM, which must be paused. */
int xc_evtchn_reset(xc_interface *xch, uint32_t dom);
typedef struct evtchn_status xc_evtchn_status_t;
int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status); /* of status->dom, status->port */

/* ---- Where its memory comes from ---- */

/* Memory for nested page tables. Bytes; the older form counts MiB. */
int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size);
int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size);

int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb,
                      unsigned int mode); /* XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, _SET_ALLOCATION */

/* One bit for each node; xc_get_nodemap_size bytes. */
typedef uint8_t *xc_nodemap_t;
int xc_get_max_nodes(xc_interface *xch);
int xc_get_nodemap_size(xc_interface *xch);
xc_nodemap_t xc_nodemap_alloc(xc_interface *xch);
int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);
int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);

/* ---- Claims: docs/claims.md sections 6 to 8 ---- */

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages);
#include "xenclaim_compat.h" /* xc_domain_claim_memory */

typedef struct xen_claiminfo_node xc_claiminfo_node_t;
typedef struct xc_claiminfo {
    uint64_t total, free, claimed; /* pages of the host; claimed includes host-wide claims */
    uint64_t dirty, pending;       /* free and not yet scrubbed; used and marked for offlining */
    uint64_t recalled;             /* claimed pages lost to offlining since boot */
} xc_claiminfo_t;
/* *NR_NODES: capacity of NODES, then the highest node id + 1. NODES and INFO may be NULL. */
int xc_claiminfo(xc_interface *xch, unsigned int *nr_nodes, xc_claiminfo_node_t *nodes, xc_claiminfo_t *info);
/* Of recalled, the domain's. */
int xc_domain_recalled_pages(xc_interface *xch, uint32_t domid, uint64_t *pages);

/* ---- Machine pages ---- */

/* What machine pages are used for: of the given uses (bits 1 << ALLOD_PAGE_*), node and owner, or
 * ALLOD_ANY_NODE and DOMID_INVALID, from *FIRST_MFN on, which moves on and is ~0 at the end. The number of
 * runs, which may be 0 before the end, or -1. */
int xc_page_runs(xc_interface *xch, uint64_t *first_mfn, unsigned int uses, uint32_t node, uint32_t domid,
                 unsigned int nr_runs, struct xen_page_run *runs);

/* ---- The hypervisor's locks, of debug builds ---- */

typedef struct xen_lock_stat xc_lock_stat_t;
/* What was counted of them; *NR_LOCKS: capacity of LOCKS, then how many there are. ENOBUFS: too few. */
int xc_lock_stats(xc_interface *xch, unsigned int *nr_locks, xc_lock_stat_t *locks, bool reset);

typedef struct xen_exit_stat xc_exit_stat_t;
/* How often the domain has left its guest code, by reason; *NR_EXITS: capacity of EXITS, then how many
 * reasons there were. ENOBUFS: too few. */
int xc_exit_stats(xc_interface *xch, uint32_t domid, unsigned int *nr_exits, xc_exit_stat_t *exits);

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
int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, unsigned int mem_flags,
                                   xen_pfn_t *extent_start);
int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                         unsigned int extent_order, unsigned int mem_flags,
                                         xen_pfn_t *extent_start);
/* XENMAPSPACE_shared_info, _grant_table, ... */
int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid, unsigned int space, unsigned long idx,
                             xen_pfn_t gpfn);
int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
                                   unsigned int space, unsigned int size, xen_ulong_t *idxs, xen_pfn_t *gfpns,
                                   int *errs);
int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn);

/* The highest frame in use, and the one behind it. */
int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);
int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);

/* Write or zero whole pages of a domain. */
int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, const char *src_page);
int xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num);
static inline int xc_clear_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn)
{
    return xc_clear_domain_pages(xch, domid, dst_pfn, 1);
}

/* Where a domain's memory lies. *FIRST_GFN: where to start, then where to go on, ~0 at the end. Returns the
 * number of runs, which may be 0 before the end, or -1. A run may go on in the next call's first one. */
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

/* Free bytes on NODE (-1: on all) below MAX_WIDTH and from MIN_WIDTH address bits on (0: any). */
int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes);
int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn);
int xc_sched_id(xc_interface *xch, int *sched_id);

typedef struct xen_sysctl_cpuinfo xc_cpuinfo_t;
int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus);

/* The hypervisor's messages. *PNR_CHARS: capacity, then what was read. With PINDEX and INCREMENTAL: from
 * *PINDEX on, where the next call goes on. */
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear, int incremental,
                       uint32_t *pindex);
int xc_send_debug_keys(xc_interface *xch, const char *keys);

/* Debug builds: ALLOD_DEBUG_* of <public/claims.h>, whole structure in and out. */
int xc_allod_debug(xc_interface *xch, struct xen_sysctl_allod_debug *debug);

#endif
