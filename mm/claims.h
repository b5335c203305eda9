/* SPDX-License-Identifier: MIT */
/* Claims: installing, reading, protecting, redeeming and releasing reservations of memory. */
#pragma once

#include "heap.h"
#include <public/claims.h>

#define MAX_CLAIM_ENTRIES (MAX_NUMNODES + 1)

/* Install a claim set in place of the domain's claims: all of it or nothing. ENTRIES are hypervisor memory,
 * nr_entries in 1..MAX_CLAIM_ENTRIES. Spec section 3 steps 4 to 7, section 6 for LEGACY; -ESRCH when dying.
 * Takes page_alloc_lock and heap_lock. */
int domain_set_claim_entries(struct domain_mem *d, unsigned int nr_entries, const memory_claim_t *claim_set);

/* Read the claims back, spec section 7. claim_set has room for *nr_entries (capacity); on success *nr_entries
 * is what was written, on -ERANGE what is needed, and nothing is written. -ESRCH when dying (count
 * untouched). */
int domain_get_claim_entries(struct domain_mem *d, unsigned int *nr_entries, memory_claim_t *claim_set);

/* XENMEM_claim_pages, spec section 6. -EINVAL also for a dying domain. */
int domain_set_legacy_claim(struct domain_mem *d, unsigned long nr_pages);

/* Do the domain's own claims on NODE, or on the host for NUMA_NO_NODE, cover what unclaimed memory lacks? */
bool claims_cover_shortfall(unsigned long request, unsigned long avail, unsigned int memflags, nodeid_t node,
                            const struct domain_mem *d, unsigned long claimed) REQUIRES(heap_lock);

/* Does REQUEST pages fit into AVAIL less CLAIMED plus what the domain itself claims there? NODE is
 * NUMA_NO_NODE for the host check. Spec section 4. AVAIL - CLAIMED cannot wrap: I1 and I2. */
static inline bool claims_permit_request(unsigned long request, unsigned long avail, unsigned int memflags,
                                         nodeid_t node, const struct domain_mem *d, unsigned long claimed)
    REQUIRES(heap_lock)
{
    return request <= avail - claimed || claims_cover_shortfall(request, avail, memflags, node, d, claimed);
}

/* Redeem min(outstanding, request) pages: this node's claim, host-wide, other nodes ascending. Spec
 * section 5. */
void redeem_claims_for_allocation(struct domain_mem *d, unsigned long request, nodeid_t node)
    REQUIRES(heap_lock);

/* Release up to RELEASE pages of the host-wide part, or of the claim on NODE; return how many were. */
unsigned long domain_release_host_claims(struct domain_mem *d, unsigned long release) REQUIRES(heap_lock);
unsigned long domain_release_node_claims(struct domain_mem *d, nodeid_t node, unsigned long release)
    REQUIRES(heap_lock);
/* Release RECALL pages of node claims, not more than there are; ascending nodes. */
void domain_recall_node_claims(struct domain_mem *d, unsigned long recall) REQUIRES(heap_lock);
/* Release everything. */
void domain_release_claims(struct domain_mem *d) REQUIRES(heap_lock);
