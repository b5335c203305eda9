/* SPDX-License-Identifier: MIT */
/* memory_op: the operations on domains' memory. */
#pragma once

#include "compat.h"
#include <xen/memory.h>

/* One memory_op under way. The structure was copied once, on entry. */
struct memory_call {
    struct vcpu *v;        /* the caller */
    bool compat;           /* its lists are those of 32-bit code */
    bool restart;          /* out: enter the call again, START are done */
    uint64_t start;        /* extents that are done already: the upper bits of the command, as in Xen */
    guest_ptr_t arg;       /* where it came from */
    struct part_done part; /* of the extent at START, by the caller's last memory_op; kept for a restart */
    union {
        struct xen_memory_reservation reservation;
        struct xen_memory_exchange exchange;
        struct xen_memory_domain domain;
        struct xen_add_to_physmap add;
        struct xen_memory_map map;
        struct xen_foreign_memory_map foreign_map;
        struct xen_vnuma_topology_info vnuma;
        struct xen_add_to_physmap_batch batch;
        struct xen_remove_from_physmap remove;
    };
};

#define MEMORY_OP(name, structure, who, counts, errors) int64_t memory_##name(struct memory_call *c);
#include "calls.h"

/* One more entry of TOTAL is done, with this many pages: c->start counts it. False: it was the last one, or
 * the call has taken long enough and c->restart says so. */
bool memory_call_goes_on(struct memory_call *c, uint64_t total, unsigned long pages);

/* Run WORK on the extents of a reservation from c->start on, until one fails or the call has taken long
 * enough; returns how many are done. WORK is shown the NR next entries of the list and returns how many of
 * them it did, at least one; or an error at the first one, or -ERESTART in the middle of it. */
struct extents {
    struct memory_call *c;
    struct domain *d;
    unsigned int order;
    unsigned int memflags; /* MEMF_* */
};
typedef int (*extent_work)(const struct extents *e, const xen_pfn_t *gfns, unsigned int nr);
uint64_t for_each_extent(const struct extents *e, extent_work work);

/* Prepare the extents of a reservation, for an operation that allocates or not, and have ALL work on them;
 * returns how many are done. */
uint64_t run_extents(struct memory_call *c, bool allocates, uint64_t (*all)(const struct extents *e));

/* XENMEMF_* to MEMF_* for memory of the caller's choice. A limit on machine addresses means nothing to guests
 * that never see any. A node that does not exist is no preference; only privileged callers may choose. False:
 * nothing can satisfy them. */
bool convert_memflags(const struct domain *caller, unsigned int flags, unsigned int *memflags);

/* Take away what is mapped at one page, whatever it is: the domain's own page is freed when FREE says so,
 * otherwise it stays the domain's, without an address. -ENOENT when nothing is there, -ENOMEM when a table
 * lacks. */
int physmap_unmap(struct domain *d, gfn_t g, bool free);
