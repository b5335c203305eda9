/* SPDX-License-Identifier: MIT */
/* memory_op: the operations on domains' memory. */
#pragma once

#include "hypercall.h"
#include <xen/memory.h>

/* One memory_op under way. The structure was copied once, on entry. */
struct memory_call {
    struct vcpu *v; /* the caller */
    uint64_t start; /* extents that are done already: the upper bits of the command, as in Xen */
    union {
        struct xen_memory_reservation reservation;
        struct xen_add_to_physmap_batch batch;
        struct xen_remove_from_physmap remove;
    };
};

struct memory_desc {
    uint32_t cmd;
    uint16_t size;
    uint8_t privilege; /* enum hc_privilege */
    bool counts;       /* returns the number of extents done, never an error */
    const char *name;
    int64_t (*handler)(struct memory_call *c);
};

int64_t memory_populate_physmap(struct memory_call *c);
int64_t memory_decrease_reservation(struct memory_call *c);
int64_t memory_claim_pages(struct memory_call *c);
int64_t memory_add_to_physmap_batch(struct memory_call *c);
int64_t memory_remove_from_physmap(struct memory_call *c);

/* Run WORK on each extent of a reservation from c->start on, until one fails; returns how many are done. */
struct extents {
    struct domain *d;
    unsigned int order;
    unsigned int memflags; /* MEMF_* */
};
uint64_t for_each_extent(const struct memory_call *c, const struct extents *e,
                         bool (*work)(const struct extents *e, gfn_t g));

/* XENMEMF_* to MEMF_*. A limit on machine addresses means nothing to guests that never see any. A node that
 * does not exist is no preference; only privileged callers may choose. False: nothing can satisfy them. */
bool convert_memflags(const struct domain *caller, unsigned int flags, unsigned int *memflags);
