/* SPDX-License-Identifier: MIT */
/* What mm/ keeps of a domain: its begin and end, its quota, its counters. */
#include "heap.h"

#include "log.h"

struct domain_mem *domain_mem_list;

/* Where D is, or belongs, in the list of ascending ids. */
static struct domain_mem **list_position(domid_t domid) REQUIRES(heap_lock)
{
    struct domain_mem **link = &domain_mem_list;

    while (*link && (*link)->domid < domid)
        link = &(*link)->next;
    return link;
}

void domain_mem_init(struct domain_mem *d, domid_t domid)
{
    struct domain_mem **link;

    d->domid = domid;
    spin_lock_init(&d->page_alloc_lock, RANK_PAGE_ALLOC, "page alloc");
    spin_lock_init(&d->paging_lock, RANK_PAGING, "paging pool");
    page_list_init(&d->pages);
    page_list_init(&d->paging_free);
    d->node_affinity = node_online_map;
    d->auto_node_affinity = true;

    spin_lock(&heap_lock);
    link = list_position(domid);
    d->next = *link;
    *link = d;
    spin_unlock(&heap_lock);
}

void domain_mem_destroy(struct domain_mem *d)
{
    BUG_ON(d->tot_pages || d->paging_total || d->outstanding_pages || !page_list_empty(&d->pages));
    spin_lock(&heap_lock);
    *list_position(d->domid) = d->next;
    spin_unlock(&heap_lock);
}

unsigned long domain_tot_pages(const struct domain_mem *d)
{
    return d->tot_pages;
}

void domain_set_max_pages(struct domain_mem *d, unsigned long max_pages)
{
    rspin_lock(&d->page_alloc_lock);
    spin_lock(&heap_lock);
    d->max_pages = max_pages;
    d->over_quota = d->tot_pages > max_pages || d->outstanding_pages > max_pages - d->tot_pages;
    spin_unlock(&heap_lock);
    rspin_unlock(&d->page_alloc_lock);
}

void domain_mem_info(struct domain_mem *d, struct domain_mem_info *info)
{
    rspin_lock(&d->page_alloc_lock);
    spin_lock(&d->paging_lock);
    spin_lock(&heap_lock);
    *info = (struct domain_mem_info){
        .tot_pages = d->tot_pages,
        .max_pages = d->max_pages,
        .outstanding_pages = d->outstanding_pages,
        .node_claims = d->node_claims,
        .recalled_pages = d->recalled_pages,
        .paging_total = d->paging_total,
    };
    spin_unlock(&heap_lock);
    spin_unlock(&d->paging_lock);
    rspin_unlock(&d->page_alloc_lock);
}
