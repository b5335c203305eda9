/* SPDX-License-Identifier: MIT */
/* xc_domain_claim_memory, and earlier drafts of it as thin wrappers: the call without mode, the fields `node`
 * and `nr_pages`, and the selectors GLOBAL, NO_NODE and TOTAL. <xenctrl.h> includes this. */
#pragma once

#define XEN_DOMCTL_CLAIM_MEMORY_GLOBAL  XEN_DOMCTL_CLAIM_MEMORY_HOST
#define XEN_DOMCTL_CLAIM_MEMORY_NO_NODE XEN_DOMCTL_CLAIM_MEMORY_HOST
/* Not in the binary interface: the library installs what the nodes' claims leave of it as the host-wide
 * claim. Only the call with four arguments knows it. */
#define XEN_DOMCTL_CLAIM_MEMORY_TOTAL 0x20000000U

/* The same bytes as struct xen_memory_claim under all the names that the fields ever had. */
struct xc_memory_claim {
    union {
        uint64_aligned_t pages;
        uint64_aligned_t nr_pages;
    };
    union {
        uint32_t target;
        uint32_t node;
    };
    uint32_t cmd;
};
#define memory_claim_t struct xc_memory_claim

/* As the example of XENMEM_claim_pages has it. */
#define xc_unpause_domain xc_domain_unpause

/* Either structure. */
typedef union {
    struct xen_memory_claim *entries;
    struct xc_memory_claim *compat;
} xc_claim_set_t __attribute__((transparent_union));

/* SET: *NR_ENTRIES entries are installed. GET: *NR_ENTRIES is the capacity, and then what was written or,
 * with ERANGE, is needed. */
int xc_domain_claim_memory(xc_interface *xch, uint32_t domid, uint32_t mode, uint32_t *nr_entries,
                           xc_claim_set_t claim_set);
/* The form without mode, which installs. */
int xc_domain_claim_memory_set(xc_interface *xch, uint32_t domid, uint32_t nr_entries,
                               xc_claim_set_t claim_set);

/* The number of arguments, five or four, chooses the form. */
#define xc_domain_claim_memory(...)                                                                          \
    XC_CLAIM_MEMORY_FORM(__VA_ARGS__, xc_domain_claim_memory, xc_domain_claim_memory_set, 0)(__VA_ARGS__)
#define XC_CLAIM_MEMORY_FORM(xch, domid, a, b, c_or_5, form, ...) form
