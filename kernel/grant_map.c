/* SPDX-License-Identifier: MIT */
/* Grant tables: the side that maps what others have granted. */
#include "domheap.h"
#include "error.h"
#include "grant_table.h"
#include "log.h"

#define UNMAP_STEP 256U /* mappings that one step of a destruction unmaps */

static struct grant_mapping *mapping_of(struct grant_table *t, grant_handle_t h)
{
    return &t->maptrack[h / MAPPINGS_PER_PAGE][h % MAPPINGS_PER_PAGE];
}

static grant_handle_t nr_handles(const struct grant_table *t)
{
    return t->nr_maptrack * (uint32_t)MAPPINGS_PER_PAGE;
}

/* Another page of handles, each of which leads to the next; the last one to what would come behind. */
static bool add_handles(struct domain *d, struct grant_table *t) REQUIRES(d->grants.lock)
{
    void *page;

    if (t->nr_maptrack >= READ_ONCE(d->grants.max_maptrack))
        return false;
    page = grant_new_page(d);
    if (!page)
        return false;
    t->maptrack[t->nr_maptrack] = page;
    for (grant_handle_t h = nr_handles(t); h < nr_handles(t) + MAPPINGS_PER_PAGE; h++)
        mapping_of(t, h)->gfn = h + 1;
    t->nr_maptrack++;
    return true;
}

static bool take_handle(struct domain *d, grant_handle_t *handle)
{
    struct grant_table *t;
    bool ok;

    spin_lock(&d->grants.lock);
    t = grant_table_of(d);
    ok = t && (t->first_free < nr_handles(t) || add_handles(d, t));
    if (ok) {
        struct grant_mapping *m = mapping_of(t, t->first_free);

        *handle = t->first_free;
        t->first_free = (grant_handle_t)m->gfn;
        m->state = MAPPING_BUSY;
    }
    spin_unlock(&d->grants.lock);
    return ok;
}

static void free_handle(struct domain *d, grant_handle_t handle)
{
    struct grant_table *t;

    spin_lock(&d->grants.lock);
    t = d->grants.table;
    *mapping_of(t, handle) = (struct grant_mapping){.gfn = t->first_free, .state = MAPPING_FREE};
    t->first_free = handle;
    spin_unlock(&d->grants.lock);
}

static void set_mapping(struct domain *d, grant_handle_t handle, struct grant_mapping m)
{
    spin_lock(&d->grants.lock);
    *mapping_of(d->grants.table, handle) = m;
    spin_unlock(&d->grants.lock);
}

static int map_page(struct domain *d, gfn_t at, struct page_info *pg, bool readonly)
{
    int rc = p2m_map(&d->arch, at, page_to_mfn(pg), 0, readonly ? P2M_GRANT_RO : P2M_GRANT);

    if (rc)
        log_debug("grant: d%u cannot map it at gfn %#lx: error %d\n", d->domid, at.v, -rc);
    return rc == 0 ? GNTST_okay : rc == -ENOMEM ? GNTST_no_space : GNTST_bad_virt_addr;
}

int grant_map(struct domain *d, struct domain *owner, grant_ref_t ref, bool readonly, gfn_t at,
              grant_handle_t *handle)
{
    struct page_info *pg;
    int rc;

    if (!take_handle(d, handle))
        return GNTST_no_space;
    rc = grant_use(owner, ref, d->domid, readonly, &pg);
    if (rc == GNTST_okay) {
        rc = map_page(d, at, pg, readonly);
        if (rc)
            grant_end_use(owner, ref, readonly, pg);
    }
    if (rc)
        free_handle(d, *handle);
    else
        set_mapping(d, *handle, (struct grant_mapping){at.v, ref, owner->domid, MAPPING_MADE, readonly});
    return rc;
}

/* *m is the caller's to unmap now. */
static int claim_mapping(struct domain *d, grant_handle_t handle, struct grant_mapping *m, const gfn_t *at)
{
    struct grant_table *t;
    int rc = GNTST_bad_handle;

    spin_lock(&d->grants.lock);
    t = d->grants.table;
    if (t && handle < nr_handles(t) && mapping_of(t, handle)->state == MAPPING_MADE) {
        *m = *mapping_of(t, handle);
        rc = !at || at->v == m->gfn ? GNTST_okay : GNTST_general_error;
        if (rc == GNTST_okay)
            mapping_of(t, handle)->state = MAPPING_BUSY;
    }
    spin_unlock(&d->grants.lock);
    return rc;
}

/* AT NULL: wherever it is. */
static int unmap(struct domain *d, grant_handle_t handle, const gfn_t *at)
{
    struct grant_mapping m;
    struct domain *owner;
    mfn_t frame;
    int rc = claim_mapping(d, handle, &m, at);

    if (rc)
        return rc;
    BUG_ON(p2m_unmap_grant(&d->arch, gfn(m.gfn), &frame));
    owner = domain_get(m.owner); /* whose page is referenced, stays */
    BUG_ON(!owner);
    grant_end_use(owner, m.ref, m.readonly, mfn_to_page(frame));
    domain_put(owner);
    free_handle(d, handle);
    return GNTST_okay;
}

int grant_unmap(struct domain *d, grant_handle_t handle, gfn_t at)
{
    return unmap(d, handle, &at);
}

int grant_unmap_all(struct domain *d)
{
    struct grant_table *t;
    unsigned int left = UNMAP_STEP;

    spin_lock(&d->grants.lock);
    t = d->grants.table;
    spin_unlock(&d->grants.lock);
    if (!t)
        return 0;
    for (; t->unmap_next < nr_handles(t); t->unmap_next++) {
        if (left-- == 0)
            return -ERESTART;
        unmap(d, t->unmap_next, NULL);
    }
    return 0;
}
