/* SPDX-License-Identifier: MIT */
/* memory_op: pages of the hypervisor in a guest's address space: shared info and grant table. */
#include "domain_pages.h"
#include "grant.h"
#include "memory_op.h"

/* A page to be shown, and where the domain sees it until now. */
struct own_page {
    void *page;
    gfn_t *at;
};

/* As in Xen a grant table grows to the frame that is asked for. */
static int find_page(struct domain *d, const struct xen_add_to_physmap *a, struct own_page *own)
    REQUIRES(d->domctl_lock)
{
    int rc;

    if (a->space == XENMAPSPACE_shared_info && a->idx == 0) {
        *own = (struct own_page){domain_shared_info(d), &d->page_gfn[DOMAIN_PAGE_SHARED_INFO]};
        return own->page ? 0 : refuse(ENOMEM, "add_to_physmap: the paging pool of d%u is empty", d->domid);
    }
    if (a->space != XENMAPSPACE_grant_table || a->idx >= MAX_GRANT_FRAMES)
        return refuse(EINVAL, "add_to_physmap: space %u has no page %#lx", a->space, a->idx);
    rc = grant_grow(d, (uint32_t)a->idx + 1);
    if (rc == 0)
        own->page = grant_frame(d, (uint32_t)a->idx, &own->at);
    return rc;
}

/* As in Xen the page moves here from where it was, and what was here goes: the domain's own memory is freed.
 */
static int map_page(struct domain *d, const struct xen_add_to_physmap *a) REQUIRES(d->domctl_lock)
{
    const gfn_t g = gfn(a->gpfn);
    struct own_page own;
    int rc;

    if (g.v >= P2M_MAX_GFN)
        return refuse(EINVAL, "add_to_physmap: d%u gfn %#lx", d->domid, g.v);
    if (READ_ONCE(d->is_dying))
        return refuse(ESRCH, "add_to_physmap: d%u is dying", d->domid);
    rc = find_page(d, a, &own);
    if (rc)
        return rc;
    rc = physmap_unmap(d, g, true);
    if (rc && rc != -ENOENT)
        return rc;
    if (domain_page_is_at(d, own.page, *own.at))
        physmap_unmap(d, *own.at, false);
    rc = p2m_map(&d->arch, g, virt_to_mfn(own.page), 0, P2M_XEN);
    if (rc == 0)
        *own.at = g;
    return rc;
}

/* Of Xen's other spaces, pages that have an address already (gmfn) need none; foreign ones come in batches.
 */
int64_t memory_add_to_physmap(struct memory_call *c)
{
    struct domain *d;
    int rc = find_target(c->v, c->add.domid, &d);

    if (rc)
        return rc;
    spin_lock(&d->domctl_lock);
    rc = map_page(d, &c->add);
    spin_unlock(&d->domctl_lock);
    domain_put(d);
    return rc;
}
