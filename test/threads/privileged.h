/* SPDX-License-Identifier: MIT */
/* Hypercalls in short: each worker calls as a vCPU of its own of the privileged domain. Errors are negative
 * numbers of Xen. */
#pragma once

#include "crew.h"
#include <errno.h>
#include <public/claims.h>
#include <xenctrl.h>

/* A result of the library as an error of the hypervisor. */
static inline int error_of(int rc)
{
    return rc < 0 ? -errno : rc;
}

struct call_domain {
    uint32_t domid;
    unsigned long pages; /* populated, from frame 0 on: kept by who populates */
};

/* A machine of two nodes, the second with so many pages, and domain 0; after each call all invariants are
 * checked. */
void calls_boot(unsigned long node1);
/* The other domains were destroyed: demand that all their memory is free, end domain 0, demand the rest. */
void calls_end(void);
/* Before a worker's first call. */
void calls_enter(struct worker *w);

/* A domain with a paging pool and this max_pages; without enough unclaimed memory -ENOMEM, and none. */
int call_create(struct call_domain *d, unsigned long max_pages);
int call_destroy(uint32_t domid);
int call_set_max(uint32_t domid, unsigned long pages);
int call_claim(uint32_t domid, unsigned int nr, struct xen_memory_claim *set);
int call_set_pool(uint32_t domid, unsigned long pages);
/* Up to NR blocks behind the others; returns how many came. */
unsigned long call_populate(struct call_domain *d, unsigned long nr, unsigned int order,
                            unsigned int memflags);
/* Release the frames [first, first + nr), one by one; returns how many were there. */
unsigned long call_decrease(const struct call_domain *d, unsigned long first, unsigned long nr);
/* Map one page of another domain at AT in domain 0; and unmap it. */
int call_map(uint32_t domid, xen_pfn_t frame, xen_pfn_t at);
int call_unmap(xen_pfn_t at);
