/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1 (xen/grant_table.h): which pages of a domain others may use, and what they do.
 *
 * All its pages come from the domain's paging pool: two for each frame of its table (entries, and who uses
 * them), one for each MAPPINGS_PER_PAGE mappings of others' pages, and one that leads to them. A page that
 * somebody uses has a reference for each use, so that it stays its owner's; after the owner's end the uses go
 * on, and what is left of it are these pages. Functions return GNTST_* unless they say otherwise. */
#pragma once

#include "domain.h"
#include <xen/grant_table.h>

#define MAX_GRANT_FRAMES    64U
#define MAX_MAPTRACK_FRAMES 128U

/* A new domain: as many frames as there may be. */
void grant_init_domain(struct domain *d);
/* What its builder allows, in pages; more than there may be, or -1 as in Xen: as many as there may be. 0: it
 * grants nothing, or maps nothing. */
void grant_set_limits(struct domain *d, uint32_t max_frames, uint32_t max_maptrack) REQUIRES(d->domctl_lock);

/* How many frames the table has. */
uint32_t grant_nr_frames(struct domain *d);
/* It has at least NR frames from now on. 0; -EINVAL: more than the limit; -ESRCH: D is dying; -ENOMEM: the
 * paging pool is empty. */
int grant_grow(struct domain *d, uint32_t nr);
/* A frame that there is: its page, and where the guest sees it (guarded by domctl_lock). */
void *grant_frame(struct domain *d, uint32_t i, gfn_t **at) REQUIRES(d->domctl_lock);

/* WHO begins to use what OWNER's entry REF grants: *pg, with a reference; the entry says so. As long as it is
 * used already, the page and the domain of the first use count, whatever the entry says by now. */
int grant_use(struct domain *owner, grant_ref_t ref, domid_t who, bool readonly, struct page_info **pg);
/* The end of it, when nobody can reach the page through it any more. */
void grant_end_use(struct domain *owner, grant_ref_t ref, bool readonly, struct page_info *pg);

/* Map it in D at AT, where nothing must be. */
int grant_map(struct domain *d, struct domain *owner, grant_ref_t ref, bool readonly, gfn_t at,
              grant_handle_t *handle);
/* AT must be where it was mapped. */
int grant_unmap(struct domain *d, grant_handle_t handle, gfn_t at);

/* Destruction, when nothing of D runs any more: unmap what it has mapped, some at once. 0 or -ERESTART. */
int grant_unmap_all(struct domain *d);
/* The tables go. */
void grant_destroy(struct domain *d) REQUIRES(d->domctl_lock);
