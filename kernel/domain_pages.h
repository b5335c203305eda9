/* SPDX-License-Identifier: MIT */
/* Pages that the hypervisor keeps for a domain: what it shows to the guest, and what it was told about it.
 *
 * They come from the domain's paging pool, which is bought before its claims: a guest can get all of them on
 * a host whose memory is claimed entirely, and none of them costs anybody else. All but the last
 * need domctl_lock. */
#pragma once

#include "domain.h"

/* A zeroed page, NULL when the pool is empty; and back. */
void *domain_page_alloc(struct domain *d) REQUIRES(d->domctl_lock);
void domain_page_free(struct domain *d, void *page) REQUIRES(d->domctl_lock);
/* PAGE takes the place of the page WHICH, if any, which goes back. */
void domain_page_replace(struct domain *d, enum domain_page which, void *page) REQUIRES(d->domctl_lock);
/* The shared info page, made and filled when it is needed first; NULL: the pool is empty. */
void *domain_shared_info(struct domain *d) REQUIRES(d->domctl_lock);
/* An entry of DOMAIN_PAGE_MEMORY_MAP, as of BIOS call E820. */
struct memory_map_entry {
    uint64_t addr, size; /* bytes */
    uint32_t type;       /* XEN_HVM_MEMMAP_TYPE_* */
} PACKED;

/* DOMAIN_PAGE_VNUMA_MAPS. Of the other two, one has the distances, uint32_t[nr_vnodes * nr_vnodes], and one
 * the ranges, xen_vmemrange_t[nr_vmemranges]. */
#define MAX_VNODES 32U
struct vnuma_maps {
    uint32_t vcpu_to_vnode[MAX_VCPUS];
    uint32_t vnode_to_pnode[MAX_VNODES]; /* NUMA_NO_NODE is not possible */
};
_Static_assert(MAX_VNODES *MAX_VNODES * sizeof(uint32_t) <= PAGE_SIZE, "distances fit a page");
_Static_assert(sizeof(struct vnuma_maps) <= PAGE_SIZE, "maps fit a page");

/* Destruction: all of them go back. Nothing of the domain runs or maps them, and no event comes any more. */
void domain_pages_free(struct domain *d) REQUIRES(d->domctl_lock);

/* Does D see PAGE, one of the hypervisor's, at G? It may have been mapped over or unmapped there since. */
bool domain_page_is_at(struct domain *d, const void *page, gfn_t g) REQUIRES(d->domctl_lock);

/* A page of the guest's own: what D has as RAM at G, with a reference on it; NULL when there is none, or D is
 * giving it up. */
struct page_info *get_guest_page(struct domain *d, gfn_t g);
