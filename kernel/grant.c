/* SPDX-License-Identifier: MIT */
/* Grant tables: the granting side. */
#include "domain_pages.h"
#include "domheap.h"
#include "error.h"
#include "grant_table.h"
#include "log.h"

#define STATUS_TRIES 5 /* at an entry that its guest changes all the time; as Xen's */

void grant_init_domain(struct domain *d)
{
    spin_lock_init(&d->grants.lock, RANK_GRANT, "grant table");
    d->grants.max_frames = MAX_GRANT_FRAMES;
    d->grants.max_maptrack = MAX_MAPTRACK_FRAMES;
}

void grant_set_limits(struct domain *d, uint32_t max_frames, uint32_t max_maptrack)
{
    WRITE_ONCE(d->grants.max_frames, MIN(max_frames, MAX_GRANT_FRAMES));
    WRITE_ONCE(d->grants.max_maptrack, MIN(max_maptrack, MAX_MAPTRACK_FRAMES));
}

void *grant_new_page(struct domain *d)
{
    struct page_info *pg = READ_ONCE(d->is_dying) ? NULL : paging_alloc_page(&d->mem);

    return pg ? page_to_virt(pg) : NULL;
}

struct grant_table *grant_table_of(struct domain *d)
{
    if (!d->grants.table)
        d->grants.table = grant_new_page(d);
    return d->grants.table;
}

uint32_t grant_nr_frames(struct domain *d)
{
    uint32_t nr;

    spin_lock(&d->grants.lock);
    nr = d->grants.table ? d->grants.table->nr_frames : 0;
    spin_unlock(&d->grants.lock);
    return nr;
}

/* Half a pair that was made stays for the next try. */
static bool add_frame(struct domain *d, struct grant_table *t) REQUIRES(d->grants.lock)
{
    const uint32_t i = t->nr_frames;

    if (!t->frame[i])
        t->frame[i] = grant_new_page(d);
    if (!t->use[i])
        t->use[i] = grant_new_page(d);
    t->nr_frames += t->frame[i] && t->use[i];
    return t->nr_frames > i;
}

int grant_grow(struct domain *d, uint32_t nr)
{
    struct grant_table *t;
    bool ok;

    if (nr > READ_ONCE(d->grants.max_frames))
        return refuse(EINVAL, "grant table: %u frames for d%u, %u are allowed", nr, d->domid,
                      READ_ONCE(d->grants.max_frames));
    spin_lock(&d->grants.lock);
    t = grant_table_of(d);
    ok = t != NULL;
    while (ok && t->nr_frames < nr)
        ok = add_frame(d, t);
    spin_unlock(&d->grants.lock);
    if (ok)
        return 0;
    return READ_ONCE(d->is_dying) ? refuse(ESRCH, "grant table: d%u is dying", d->domid)
                                  : refuse(ENOMEM, "grant table: the paging pool of d%u is empty", d->domid);
}

/* Frames come and stay. */
void *grant_frame(struct domain *d, uint32_t i, gfn_t **at)
{
    struct grant_table *t;

    spin_lock(&d->grants.lock);
    t = d->grants.table;
    spin_unlock(&d->grants.lock);
    BUG_ON(!t || i >= MAX_GRANT_FRAMES || !t->frame[i]);
    *at = &t->gfn[i];
    return t->frame[i];
}

/* ---- uses ---- */

/* Flags and domain of an entry, which its guest may change at any time, are one word. */
static uint32_t *status_of(struct grant_entry_v1 *e)
{
    return (uint32_t *)(void *)e;
}

static int set_status(struct grant_entry_v1 *e, domid_t who, bool readonly)
{
    uint32_t old = READ_ONCE(*status_of(e));

    for (unsigned int i = 0; i < STATUS_TRIES; i++) {
        if ((old & GTF_type_mask) != GTF_permit_access || old >> 16 != who ||
            (!readonly && (old & GTF_readonly)))
            return GNTST_general_error;
        if (__atomic_compare_exchange_n(status_of(e), &old, old | GTF_reading | (readonly ? 0 : GTF_writing),
                                        false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return GNTST_okay;
    }
    return GNTST_general_error;
}

/* The guest may use the page for something else once it sees the flags go. */
static void clear_status(struct grant_entry_v1 *e, const struct grant_use *u)
{
    uint16_t clear =
        (uint16_t)((u->writers ? 0 : GTF_writing) | (u->readers || u->writers ? 0 : GTF_reading));

    __atomic_fetch_and(&e->flags, (uint16_t)~clear, __ATOMIC_SEQ_CST);
}

/* The page, with a reference; NULL when it is not its owner's RAM, or no longer. */
static struct page_info *use_page(struct domain *owner, const struct grant_entry_v1 *e, struct grant_use *u)
    REQUIRES(owner->grants.lock)
{
    struct page_info *pg;

    if (u->readers || u->writers) {
        pg = mfn_to_page(mfn(u->frame));
        return get_page(pg, &owner->mem) ? pg : NULL;
    }
    pg = get_guest_page(owner, gfn(READ_ONCE(e->frame)));
    if (pg)
        u->frame = (uint32_t)page_to_mfn(pg).v;
    return pg;
}

static int use_entry(struct domain *owner, struct grant_entry_v1 *e, struct grant_use *u, domid_t who,
                     bool readonly, struct page_info **pg) REQUIRES(owner->grants.lock)
{
    uint8_t *count = readonly ? &u->readers : &u->writers;
    int rc = GNTST_okay;

    if ((u->readers || u->writers) && (u->domid != who || *count == UINT8_MAX))
        return GNTST_general_error;
    if (!u->writers && (!readonly || !u->readers))
        rc = set_status(e, who, readonly);
    if (rc)
        return rc;
    *pg = use_page(owner, e, u);
    if (*pg) {
        u->domid = who;
        ++*count;
    } else {
        clear_status(e, u);
    }
    return *pg ? GNTST_okay : GNTST_bad_page;
}

int grant_use(struct domain *owner, grant_ref_t ref, domid_t who, bool readonly, struct page_info **pg)
{
    const uint32_t frame = ref / GRANTS_PER_FRAME, i = ref % GRANTS_PER_FRAME;
    struct grant_table *t;
    int rc = GNTST_bad_gntref;

    spin_lock(&owner->grants.lock);
    t = owner->grants.table;
    if (t && frame < t->nr_frames)
        rc = use_entry(owner, &t->frame[frame][i], &t->use[frame][i], who, readonly, pg);
    spin_unlock(&owner->grants.lock);
    if (rc)
        log_debug("grant %u of d%u for d%u: status %d\n", ref, owner->domid, who, rc);
    return rc;
}

/* The owner's table is gone when it has been destroyed meanwhile. */
void grant_end_use(struct domain *owner, grant_ref_t ref, bool readonly, struct page_info *pg)
{
    const uint32_t frame = ref / GRANTS_PER_FRAME, i = ref % GRANTS_PER_FRAME;
    struct grant_table *t;

    spin_lock(&owner->grants.lock);
    t = owner->grants.table;
    if (t) {
        struct grant_use *u = &t->use[frame][i];
        uint8_t *count = readonly ? &u->readers : &u->writers;

        BUG_ON(*count == 0);
        --*count;
        clear_status(&t->frame[frame][i], u);
    }
    spin_unlock(&owner->grants.lock);
    put_page(&owner->mem, pg);
}

/* ---- the end ---- */

void grant_destroy(struct domain *d)
{
    struct grant_table *t;

    spin_lock(&d->grants.lock);
    t = d->grants.table;
    d->grants.table = NULL;
    spin_unlock(&d->grants.lock);
    for (unsigned int i = 0; t && i < MAX_GRANT_FRAMES; i++) {
        domain_page_free(d, t->frame[i]);
        domain_page_free(d, t->use[i]);
    }
    for (unsigned int i = 0; t && i < MAX_MAPTRACK_FRAMES; i++)
        domain_page_free(d, t->maptrack[i]);
    domain_page_free(d, t);
}
