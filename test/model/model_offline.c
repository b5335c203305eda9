/* SPDX-License-Identifier: MIT */
/* The reference model of offlining: the spec's section 9, with the recall policy that mm/offline.h documents.
 */
#include "model.h"
#include <string.h>

/* The domain with most claimed on TARGET, of equals the one with the highest id; NULL when nobody claims
 * there. */
static struct model_domain *largest_claimant(struct model *m, uint32_t target)
{
    struct model_domain *d = NULL;

    for (unsigned int i = 0; i < m->nr_domains; i++) {
        struct model_domain *other = &m->domain[i];
        const uint64_t pages = claimed_by(other, target), most = d ? claimed_by(d, target) : 0;

        if (pages > most || (pages && pages == most && other->domid > d->domid))
            d = other;
    }
    return d;
}

static void recall_page(struct model *m, uint32_t target)
{
    lower_claim(largest_claimant(m, target), target);
}

/* A page at a time: of claims on the node while I2 is broken, then of host-wide ones while I1 is. (That node
 * claims stay when only I1 is broken is what case O-05 says.) */
static void recall(struct model *m, unsigned int node)
{
    while (claimed_on(m, node) > free_on(m, node))
        recall_page(m, node);
    while (all_claimed(m) > free_on(m, ANY_NODE))
        recall_page(m, XEN_DOMCTL_CLAIM_MEMORY_HOST);
}

/* A page with this use on NODE, of the domain or NO_DOMAIN, and PENDING or not; one that became what SEEN
 * says if there is such a page. */
struct wanted_page {
    enum page_use use, seen_use;
    bool pending, seen_pending;
    uint64_t node;
    unsigned int owner;
};

static bool fits(const struct model_page *p, const struct wanted_page *w)
{
    return p->use == w->use && p->pending == w->pending && (w->node == ANY_NODE || p->node == w->node) &&
           (w->owner == NO_DOMAIN || p->owner == w->owner);
}

static struct model_page *find_page(struct model *m, const struct wanted_page *w, look_fn *look)
{
    struct model_page *lowest = NULL;

    for (struct model_page *p = m->page; p < m->page + m->nr_pages; p++) {
        if (!fits(p, w))
            continue;
        if (!lowest)
            lowest = p;
        if (look && look(p->frame).use == w->seen_use && look(p->frame).pending == w->seen_pending)
            return p;
    }
    return lowest;
}

static uint64_t count_fitting(const struct model *m, const struct wanted_page *w)
{
    uint64_t n = 0;

    for (unsigned int i = 0; i < m->nr_pages; i++)
        n += fits(&m->page[i], w);
    return n;
}

/* A free page leaves at once. */
static void offline_free(struct model *m, const struct wanted_page *w, uint64_t count, look_fn *look)
{
    while (count--) {
        struct model_page *p = find_page(m, w, look);

        p->use = PAGE_OFFLINED;
        p->dirty = false;
        recall(m, p->node);
    }
}

bool model_offline(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    const bool free_ones = !strcmp(a->dom, "free");
    struct wanted_page w = {
        .use = PAGE_FREE, .seen_use = PAGE_OFFLINED, .node = ANY_NODE, .owner = NO_DOMAIN};
    struct model_domain *d = NULL;

    if (free_ones) {
        w.node = a->value[OPT_NODE];
    } else if (!line_target(m, a->dom, &d) || !d) {
        return false;
    } else {
        w = (struct wanted_page){PAGE_OWNED, PAGE_OWNED, false, true, ANY_NODE, index_of(m, d)};
    }
    if (!a->count || count_fitting(m, &w) < a->count)
        return false;
    r->word = free_ones ? "offlined" : "pending";
    if (free_ones)
        offline_free(m, &w, a->count, look);
    for (uint64_t i = 0; !free_ones && i < a->count; i++)
        find_page(m, &w, look)->pending = true;
    return true;
}

/* An offlined page is free again and dirty, and no claim comes back; a mark is taken back. */
bool model_online(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    const uint64_t node = a->value[OPT_NODE];
    struct wanted_page out = {PAGE_OFFLINED, PAGE_FREE, false, false, node, NO_DOMAIN};
    struct wanted_page marked = {PAGE_OWNED, PAGE_OWNED, true, false, node, NO_DOMAIN};

    if (!a->count || count_fitting(m, &out) + count_fitting(m, &marked) < a->count)
        return false;
    r->word = "onlined";
    for (uint64_t i = 0; i < a->count; i++) {
        struct model_page *p = find_page(m, &out, look), *other = find_page(m, &marked, look);

        if (!p || (other && look && !look(other->frame).pending))
            p = other;
        if (p->use == PAGE_OFFLINED)
            p->use = PAGE_FREE;
        p->dirty = p->use == PAGE_FREE;
        p->pending = false;
    }
    return true;
}
