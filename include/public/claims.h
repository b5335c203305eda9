/* SPDX-License-Identifier: MIT */
/* Allod's public ABI beyond Xen's headers: claim sets (docs/claims.md section 8) and our sysctls.
 *
 * C99 or C++, 32 or 64 bits; with __XEN_TOOLS__ defined, as <xen/domctl.h> and <xen/sysctl.h> want it too. */
#ifndef ALLOD_PUBLIC_CLAIMS_H
#define ALLOD_PUBLIC_CLAIMS_H

#ifndef __XEN_TOOLS__
#error "claims are for tools: define __XEN_TOOLS__ before Xen's headers"
#endif

#include <stdint.h>
#include <xen/xen.h>

/* The interface versions that are accepted: Xen 4.17 and later ones. */
#define ALLOD_DOMCTL_VERSION_MIN 0x15U
#define ALLOD_DOMCTL_VERSION_MAX 0x18U
#define ALLOD_SYSCTL_VERSION_MIN 0x15U
#define ALLOD_SYSCTL_VERSION_MAX 0x16U

/* XEN_DOMCTL_claim_memory: install or read a domain's claim set. In xen_domctl.u. */
#define XEN_DOMCTL_claim_memory        91

#define XEN_DOMCTL_CLAIM_MEMORY_HOST   0x80000000U /* from any node */
#define XEN_DOMCTL_CLAIM_MEMORY_LEGACY 0x40000000U /* as XENMEM_claim_pages; the only entry */

struct xen_memory_claim {
    uint64_aligned_t pages;
    uint32_t target; /* a node, or a selector from above */
    uint32_t cmd;    /* reserved, 0 */
};
typedef struct xen_memory_claim memory_claim_t;
DEFINE_XEN_GUEST_HANDLE(memory_claim_t);

#define XEN_DOMCTL_CLAIM_MEMORY_GET 0U
#define XEN_DOMCTL_CLAIM_MEMORY_SET 1U

struct xen_domctl_claim_memory {
    XEN_GUEST_HANDLE_64(memory_claim_t) claim_set;
    uint32_t nr_entries; /* SET: entries given; GET: in capacity, out entries written or needed */
    uint32_t mode;
};

/* Our sysctls, in xen_sysctl.u; numbers far above Xen's. All are privileged. */

/* XEN_SYSCTL_claiminfo: free, claimed and total pages of every node, one consistent snapshot. */
#define XEN_SYSCTL_claiminfo 0x1000
struct xen_claiminfo_node {
    uint64_aligned_t total;   /* pages that the heap manages on this node; 0 when the node is offline */
    uint64_aligned_t free;    /* claimed ones included */
    uint64_aligned_t claimed; /* node claims */
    uint64_aligned_t offlined;
};
typedef struct xen_claiminfo_node xen_claiminfo_node_t;
DEFINE_XEN_GUEST_HANDLE(xen_claiminfo_node_t);

struct xen_sysctl_claiminfo {
    uint32_t nr_nodes; /* in: capacity of nodes; out: highest node id + 1 */
    domid_t domid;     /* in: whose recalled pages to say; DOMID_INVALID: nobody's */
    uint16_t pad;
    XEN_GUEST_HANDLE_64(xen_claiminfo_node_t) nodes; /* NULL: query nr_nodes and the totals only */
    uint64_aligned_t total, free, claimed;           /* the host; claimed includes host-wide claims */
    uint64_aligned_t dirty;                          /* free pages that wait for a scrub */
    uint64_aligned_t pending;                        /* used pages that go offline when they are freed */
    uint64_aligned_t recalled;                       /* pages of claims recalled since boot */
    uint64_aligned_t domain_recalled;                /* of these, the domain's */
};

/* XEN_SYSCTL_domain_map: where a domain's memory lies, as runs of ascending guest frames. A run may end early
 * and go on in the next one. */
#define XEN_SYSCTL_domain_map 0x1001
struct xen_domain_map_run {
    uint64_aligned_t gfn;
    uint64_aligned_t nr_pages;
    uint32_t node;
    uint32_t order; /* of the nested mapping: 0, 9 or 18 */
};
typedef struct xen_domain_map_run xen_domain_map_run_t;
DEFINE_XEN_GUEST_HANDLE(xen_domain_map_run_t);

struct xen_sysctl_domain_map {
    domid_t domid;
    uint16_t pad[3];
    uint64_aligned_t first_gfn; /* in: where to start; out: where to go on, ~0 at the end */
    uint32_t nr_runs;           /* in: capacity; out: runs written, 0 does not mean the end */
    uint32_t pad2;
    XEN_GUEST_HANDLE_64(xen_domain_map_run_t) runs;
};

/* XEN_SYSCTL_page_runs: what the machine's pages are used for, as runs of ascending frames; for
 * XEN_SYSCTL_page_offline_op, which names frames. A run may end early and go on in the next one. */
#define XEN_SYSCTL_page_runs 0x1003
#define ALLOD_PAGE_FREE      0U
#define ALLOD_PAGE_OWNED     1U
#define ALLOD_PAGE_XEN       2U /* the hypervisor's */
#define ALLOD_PAGE_PENDING   3U /* used; goes offline when it is freed */
#define ALLOD_PAGE_OFFLINED  4U
#define ALLOD_PAGE_BROKEN    5U
struct xen_page_run {
    uint64_aligned_t mfn;
    uint64_aligned_t nr_pages;
    uint32_t node;
    uint16_t use;  /* ALLOD_PAGE_* */
    domid_t owner; /* of owned and pending pages; DOMID_INVALID: nobody or the hypervisor */
};
typedef struct xen_page_run xen_page_run_t;
DEFINE_XEN_GUEST_HANDLE(xen_page_run_t);

#define ALLOD_ANY_NODE 0xffffffffU
struct xen_sysctl_page_runs {
    uint64_aligned_t first_mfn; /* in: where to start; out: where to go on, ~0 at the end */
    uint32_t nr_runs;           /* in: capacity; out: runs written, 0 does not mean the end */
    uint32_t node;              /* in: of this node only, or ALLOD_ANY_NODE */
    uint16_t uses;              /* in: a bit for each use that is wanted */
    domid_t domid;              /* in: of this owner only, or DOMID_INVALID */
    uint32_t pad;
    XEN_GUEST_HANDLE_64(xen_page_run_t) runs;
};

/* XEN_SYSCTL_lock_stats: what was counted of the hypervisor's locks since boot or the last reset. Only in
 * debug builds, ENOSYS otherwise. */
#define XEN_SYSCTL_lock_stats 0x1004
struct xen_lock_stat {
    char name[24]; /* ends with 0; locks of one kind have one name */
    uint64_aligned_t taken;
    uint64_aligned_t contended;    /* of these, how often somebody had to wait */
    uint64_aligned_t longest_hold; /* ns, as longest_wait */
    uint64_aligned_t longest_wait;
    uint64_aligned_t where; /* the code that took it for the longest hold */
};
typedef struct xen_lock_stat xen_lock_stat_t;
DEFINE_XEN_GUEST_HANDLE(xen_lock_stat_t);

#define ALLOD_LOCKS_RESET 1U /* begin anew once they were read */
struct xen_sysctl_lock_stats {
    uint32_t nr_locks; /* in: capacity of locks; out: how many there are */
    uint32_t flags;
    XEN_GUEST_HANDLE_64(xen_lock_stat_t) locks; /* NULL: query nr_locks only */
};

/* XEN_SYSCTL_exit_stats: how often a domain's vCPUs have left the guest since they were created, by reason.
 */
#define XEN_SYSCTL_exit_stats 0x1005
struct xen_exit_stat {
    uint32_t
        code; /* the processor's: AMD64 APM volume 2, appendix C; 0xffffffff: all that are not told apart */
    uint32_t pad;
    uint64_aligned_t count;
};
typedef struct xen_exit_stat xen_exit_stat_t;
DEFINE_XEN_GUEST_HANDLE(xen_exit_stat_t);

struct xen_sysctl_exit_stats {
    domid_t domid;
    uint16_t pad;
    uint32_t nr_exits; /* in: capacity of exits; out: how many reasons there were */
    XEN_GUEST_HANDLE_64(xen_exit_stat_t) exits;
};

/* XEN_SYSCTL_allod_debug: only in debug builds, ENOSYS otherwise. */
#define XEN_SYSCTL_allod_debug 0x1002
#define ALLOD_DEBUG_CHECK      0U /* run the invariant checker: result 0, or 1 when an invariant is broken */
#define ALLOD_DEBUG_NOREF      1U /* allocate nr_extents blocks that are not reference-counted; result: done */
#define ALLOD_DEBUG_DYING      2U /* begin the domain's destruction, stop before its memory is torn down */
#define ALLOD_DEBUG_FREE_NOREF 3U /* free what NOREF allocated for nobody; result: pages */
#define ALLOD_DEBUG_FAIL       4U /* let the nr_extents-th allocation from now on fail; result: how many did */
#define ALLOD_DEBUG_BUDGET     5U /* interrupt calls after nr_extents pages, 0: as always; result: before */
struct xen_sysctl_allod_debug {
    uint32_t op;
    domid_t domid; /* NOREF: DOMID_INVALID for nobody */
    uint16_t order;
    uint32_t mem_flags; /* XENMEMF_* */
    uint32_t times;     /* FAIL: so many in a row; 0 means 1 */
    uint64_aligned_t nr_extents;
    uint64_aligned_t result;
};

/* For C code: our structures lie in the unions' padding. */
#define allod_claim_memory(domctl) ((struct xen_domctl_claim_memory *)(void *)&(domctl)->u)
#define allod_claiminfo(sysctl)    ((struct xen_sysctl_claiminfo *)(void *)&(sysctl)->u)
#define allod_domain_map(sysctl)   ((struct xen_sysctl_domain_map *)(void *)&(sysctl)->u)
#define allod_page_runs(sysctl)    ((struct xen_sysctl_page_runs *)(void *)&(sysctl)->u)
#define allod_lock_stats(sysctl)   ((struct xen_sysctl_lock_stats *)(void *)&(sysctl)->u)
#define allod_exit_stats(sysctl)   ((struct xen_sysctl_exit_stats *)(void *)&(sysctl)->u)
#define allod_debug(sysctl)        ((struct xen_sysctl_allod_debug *)(void *)&(sysctl)->u)

#endif
