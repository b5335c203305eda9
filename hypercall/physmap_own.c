/* SPDX-License-Identifier: MIT */
/* memory_op: pages of the hypervisor in a guest's address space: shared info and grant table. */
#include "domain_pages.h"
#include "memory_op.h"

/* Which of the domain's pages; NR_DOMAIN_PAGES when there is no such page. */
static enum domain_page find_page(const struct xen_add_to_physmap *a)
{
    if (a->space == XENMAPSPACE_shared_info && a->idx == 0)
        return DOMAIN_PAGE_SHARED_INFO;
    if (a->space == XENMAPSPACE_grant_table && a->idx < MAX_GRANT_FRAMES)
        return (enum domain_page)(DOMAIN_PAGE_GRANT + a->idx);
    return NR_DOMAIN_PAGES;
}

/* It may have been mapped over or unmapped meanwhile; then nothing of it is left there. */
static void unmap_old(struct domain *d, enum domain_page which) REQUIRES(d->domctl_lock)
{
    gfn_t old = d->page_gfn[which];
    mfn_t m;

    if (p2m_lookup(&d->arch, old, &m, NULL) == P2M_XEN && m.v == virt_to_mfn(d->page[which]).v)
        physmap_unmap(d, old, false);
}

static void *own_page(struct domain *d, enum domain_page which) REQUIRES(d->domctl_lock)
{
    if (which == DOMAIN_PAGE_SHARED_INFO)
        return domain_shared_info(d);
    if (!d->page[which])
        d->page[which] = domain_page_alloc(d);
    return d->page[which];
}

/* As in Xen the page moves here from where it was, and what was here goes: the domain's own memory is freed.
 */
static int map_page(struct domain *d, enum domain_page which, gfn_t g) REQUIRES(d->domctl_lock)
{
    int rc;

    if (g.v >= P2M_MAX_GFN)
        return refuse(EINVAL, "add_to_physmap: d%u gfn %#lx", d->domid, g.v);
    if (READ_ONCE(d->is_dying))
        return refuse(ESRCH, "add_to_physmap: d%u is dying", d->domid);
    if (!own_page(d, which))
        return refuse(ENOMEM, "add_to_physmap: the paging pool of d%u is empty", d->domid);
    rc = physmap_unmap(d, g, true);
    if (rc && rc != -ENOENT)
        return rc;
    unmap_old(d, which);
    rc = p2m_map(&d->arch, g, virt_to_mfn(d->page[which]), 0, P2M_XEN);
    if (rc == 0)
        d->page_gfn[which] = g;
    return rc;
}

/* Of Xen's other spaces, pages that have an address already (gmfn) need none; foreign ones come in batches.
 */
int64_t memory_add_to_physmap(struct memory_call *c)
{
    const struct xen_add_to_physmap *a = &c->add;
    enum domain_page which;
    struct domain *d;
    int rc = find_target(c->v, a->domid, &d);

    if (rc)
        return rc;
    which = find_page(a);
    if (which == NR_DOMAIN_PAGES) {
        rc = refuse(EINVAL, "add_to_physmap: space %u has no page %#lx", a->space, a->idx);
    } else {
        spin_lock(&d->domctl_lock);
        rc = map_page(d, which, gfn(a->gpfn));
        spin_unlock(&d->domctl_lock);
    }
    domain_put(d);
    return rc;
}
