/* SPDX-License-Identifier: MIT */
/* For the files of grant tables: what their pages hold. */
#pragma once

#include "grant.h"

#define GRANTS_PER_FRAME  (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define MAPPINGS_PER_PAGE (PAGE_SIZE / sizeof(struct grant_mapping))

/* Who uses an entry. */
struct grant_use {
    uint32_t frame; /* of the machine; valid while it is used */
    domid_t domid;
    uint8_t readers, writers;
};
_Static_assert(sizeof(struct grant_use) == sizeof(struct grant_entry_v1), "one page for each frame");

enum mapping_state {
    MAPPING_FREE,
    MAPPING_BUSY, /* being made or unmapped: nobody else's */
    MAPPING_MADE,
};

/* What a handle stands for. The nested table has a grant at this address exactly while it is MAPPING_MADE or
 * MAPPING_BUSY. */
struct grant_mapping {
    uint64_t gfn; /* free ones: the handle of the next free one */
    grant_ref_t ref;
    domid_t owner;
    uint8_t state; /* enum mapping_state */
    bool readonly;
};

struct grant_table {
    uint32_t nr_frames, nr_maptrack;                /* pages */
    grant_handle_t first_free;                      /* nr_maptrack * MAPPINGS_PER_PAGE: there is none */
    grant_handle_t unmap_next;                      /* grant_unmap_all: those below are unmapped */
    struct grant_entry_v1 *frame[MAX_GRANT_FRAMES]; /* the guest writes them */
    struct grant_use *use[MAX_GRANT_FRAMES];
    gfn_t gfn[MAX_GRANT_FRAMES]; /* where the guest sees it, while that still is so; domctl_lock */
    struct grant_mapping *maptrack[MAX_MAPTRACK_FRAMES];
};
_Static_assert(sizeof(struct grant_table) <= PAGE_SIZE, "struct grant_table fits one page");

/* D's table, made if there is none; NULL: the pool is empty, or D is dying. */
struct grant_table *grant_table_of(struct domain *d) REQUIRES(d->grants.lock);
/* A zeroed page for it, or NULL as above. */
void *grant_new_page(struct domain *d) REQUIRES(d->grants.lock);
