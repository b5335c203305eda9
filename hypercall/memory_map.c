/* SPDX-License-Identifier: MIT */
/* memory_op: the memory map that a builder gives to its domain, entries as of BIOS call E820. */
#include "domain_pages.h"
#include "memory_op.h"

#define ENTRY_SIZE  sizeof(struct memory_map_entry)
#define MAX_ENTRIES 128U
_Static_assert(MAX_ENTRIES *ENTRY_SIZE <= PAGE_SIZE, "a memory map fits one page");
_Static_assert(ENTRY_SIZE == 20, "as a BIOS reports it");

int64_t memory_memory_map(struct memory_call *c)
{
    struct domain *d = c->v->domain;
    int64_t rc = 0;

    spin_lock(&d->domctl_lock);
    c->map.nr_entries = MIN(c->map.nr_entries, d->nr_memory_map);
    if (d->nr_memory_map == 0)
        rc = refuse(ENOSYS, "memory_map: d%u was given none", d->domid);
    else if (arch_copy_to_guest(handle_ptr(c->map.buffer), d->page[DOMAIN_PAGE_MEMORY_MAP],
                                c->map.nr_entries * ENTRY_SIZE) ||
             guest_struct_write(c->compat, &guest_xen_memory_map, c->arg, &c->map))
        rc = refuse(EFAULT, "memory_map: %u entries to %p", c->map.nr_entries, (const void *)c->map.buffer.p);
    spin_unlock(&d->domctl_lock);
    return rc;
}

/* The old map stays until the new one is here. */
static int set_map(struct domain *d, const struct xen_memory_map *map) REQUIRES(d->domctl_lock)
{
    void *page;

    if (READ_ONCE(d->is_dying))
        return refuse(ESRCH, "set_memory_map: d%u is dying", d->domid);
    page = domain_page_alloc(d);
    if (!page)
        return refuse(ENOMEM, "set_memory_map: the paging pool of d%u is empty", d->domid);
    if (arch_copy_from_guest(page, handle_ptr(map->buffer), map->nr_entries * ENTRY_SIZE)) {
        domain_page_free(d, page);
        return refuse(EFAULT, "set_memory_map: %u entries at %p", map->nr_entries,
                      (const void *)map->buffer.p);
    }
    domain_page_replace(d, DOMAIN_PAGE_MEMORY_MAP, page);
    d->nr_memory_map = map->nr_entries;
    return 0;
}

int64_t memory_set_memory_map(struct memory_call *c)
{
    const struct xen_memory_map *map = &c->foreign_map.map;
    struct domain *d;
    int rc;

    if (map->nr_entries > MAX_ENTRIES)
        return refuse(EINVAL, "set_memory_map: %u entries, at most %u", map->nr_entries, MAX_ENTRIES);
    rc = find_target(c->v, c->foreign_map.domid, &d);
    if (rc)
        return rc;
    spin_lock(&d->domctl_lock);
    rc = set_map(d, map);
    spin_unlock(&d->domctl_lock);
    domain_put(d);
    return rc;
}
