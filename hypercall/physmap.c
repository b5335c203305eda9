/* SPDX-License-Identifier: MIT */
/* memory_op: other domains' pages in a guest's address space. A builder fills its domain's memory this way.
 */
#include "domain_pages.h"
#include "domheap.h"
#include "memory_op.h"

/* The mapping holds a reference on the page, so that it outlives even its owner. */
static int map_foreign(struct domain *d, gfn_t at, struct domain *owner, gfn_t g)
{
    struct page_info *pg = get_guest_page(owner, g);
    int rc;

    if (!pg)
        return refuse(EINVAL, "add_to_physmap: d%u has no page at gfn %#lx", owner->domid, g.v);
    rc = p2m_map(&d->arch, at, page_to_mfn(pg), 0, P2M_FOREIGN);
    if (rc)
        domain_put_foreign_page(page_to_mfn(pg));
    return rc;
}

int physmap_unmap(struct domain *d, gfn_t g, bool free)
{
    enum p2m_type type;
    mfn_t m;
    int rc = p2m_unmap(&d->arch, g, &m, &type);

    if (rc)
        return refuse(-rc, "physmap: d%u gfn %#lx", d->domid, g.v);
    if (type == P2M_FOREIGN)
        domain_put_foreign_page(m);
    else if (type == P2M_RAM && free)
        free_domheap_pages(&d->mem, mfn_to_page(m), 0);
    return 0;
}

/* One result for each page goes into the caller's list; only what concerns the lists themselves ends the
 * work. */
static int map_batch(struct memory_call *c, struct domain *d, struct domain *owner)
{
    const struct xen_add_to_physmap_batch *b = &c->batch;

    if (c->start == b->size)
        return 0;
    do {
        uint64_t i = c->start;
        xen_ulong_t idx;
        xen_pfn_t at;
        int rc;

        if (guest_words_read(c->compat, &idx, handle_ptr(b->idxs), i, 1) ||
            guest_words_read(c->compat, &at, handle_ptr(b->gpfns), i, 1))
            return refuse(EFAULT, "add_to_physmap: entry %lu cannot be read", i);
        rc = map_foreign(d, gfn(at), owner, gfn(idx));
        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(b->errs), i * sizeof(rc)), &rc, sizeof(rc))) {
            if (rc == 0)
                physmap_unmap(d, gfn(at), false);
            return refuse(EFAULT, "add_to_physmap: result %lu cannot be written", i);
        }
    } while (memory_call_goes_on(c, b->size, 1));
    return 0;
}

static int map_from(struct memory_call *c, struct domain *d)
{
    const struct xen_add_to_physmap_batch *b = &c->batch;
    struct domain *owner;
    int rc = find_target(c->v, b->u.foreign_domid, &owner);

    if (rc)
        return rc;
    rc = owner == d ? refuse(EINVAL, "add_to_physmap: d%u from itself", d->domid) : map_batch(c, d, owner);
    domain_put(owner);
    return rc;
}

/* Only space gmfn_foreign: 0 when every page was tried, their results are in the caller's list. */
int64_t memory_add_to_physmap_batch(struct memory_call *c)
{
    struct domain *d;
    int rc;

    if (c->start > c->batch.size || (c->start && c->start == c->batch.size))
        return refuse(EILSEQ, "add_to_physmap: start %lu of %u", c->start, c->batch.size);
    rc = find_target(c->v, c->batch.domid, &d);
    if (rc)
        return rc;
    if (c->batch.space == XENMAPSPACE_gmfn_foreign)
        rc = map_from(c, d);
    else
        rc = refuse(EOPNOTSUPP, "add_to_physmap: space %u", c->batch.space);
    domain_put(d);
    return rc;
}

int64_t memory_remove_from_physmap(struct memory_call *c)
{
    struct domain *d;
    int rc;

    rc = find_target(c->v, c->remove.domid, &d);
    if (rc)
        return rc;
    rc = physmap_unmap(d, gfn(c->remove.gpfn), false);
    domain_put(d);
    return rc;
}
