/* SPDX-License-Identifier: MIT */
/* The reference model of the commands on memory: populate, noref, release, exchange. */
#include "model.h"
#include <errno.h>

#define TOP_ORDER      18
#define MODEL_EXCHANGE 4096 /* pages at once */

static void read_request(const struct args *a, struct request *q)
{
    q->order = (unsigned int)option_or(a, OPT_ORDER, 0);
    q->node = option_or(a, OPT_NODE, NO_NODE);
    q->exact = given(a, OPT_EXACT);
}

/* Section 5: the quota comes first. Nothing is added to a domain that is dying. */
static bool quota_allows(const struct model *m, const struct request *q)
{
    return !q->d->dying && owned_pages(m, q->d) + (wide)(1UL << q->order) <= q->d->max_pages;
}

/* Section 10: the number of extents done, never an error. They lie one behind the other. */
bool model_populate(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct request q = {.owned = true, .counted = true};
    uint64_t size;

    if (!line_target(m, a->dom, &q.d))
        return false;
    read_request(a, &q);
    r->counted = true;
    r->wanted = a->count;
    if (!q.d || q.order > TOP_ORDER)
        return true;
    size = 1UL << q.order;
    q.gfn = (q.d->next_gfn + size - 1) / size * size;
    for (; r->count < a->count && quota_allows(m, &q) && take_pages(m, &q, look) >= 0; r->count++)
        q.d->next_gfn = q.gfn += size;
    return true;
}

bool model_noref(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct request q = {0};

    if (*a->dom != '-' && !line_target(m, a->dom, &q.d))
        return false;
    read_request(a, &q);
    r->counted = true;
    r->wanted = a->count;
    if (q.order > TOP_ORDER)
        r->err = EINVAL;
    else if (*a->dom != '-' && !q.d)
        r->err = ESRCH;
    while (!r->err && r->count < a->count && take_pages(m, &q, look) >= 0)
        r->count++;
    return true;
}

/* COUNT pages that lie on the node, or all there are. Who asks for none is not told that a domain is gone. */
bool model_release(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct model_domain *d;
    struct model_page *p;

    (void)look;
    if (!line_target(m, a->dom, &d))
        return false;
    r->counted = true;
    r->wanted = a->count;
    if (!d)
        r->err = a->count ? ESRCH : 0;
    for (; d && r->count < a->count && (p = next_page(m, d, a->value[OPT_NODE], 0)); r->count++)
        give_up(p);
    return true;
}

/* The domain's page at a guest address that it has. */
static struct model_page *page_at(struct model *m, const struct model_domain *d, uint64_t gfn)
{
    struct model_page *p = m->page;

    while (p->use != PAGE_OWNED || p->owner != index_of(m, d) || p->gfn != gfn)
        p++;
    return p;
}

/* What the spec leaves open: no pages at all, more than there are, a node that is not there, a domain that is
 * dying. */
static bool exchange_is_defined(const struct model *m, const struct model_domain *d, const struct args *a)
{
    const uint64_t from = a->value[OPT_FROM];

    return a->count && a->count <= MODEL_EXCHANGE && from < MAX_NODES &&
           (!given(a, OPT_TO) || is_online(m, a->value[OPT_TO])) &&
           (!d || (!d->dying && a->count <= count_pages(m, PAGE_OWNED, (unsigned int)from, index_of(m, d))));
}

/* Section 10: unclaimed memory only, nothing is redeemed. One page after the other: first the new one comes,
 * then the old one goes; what was exchanged before memory ran out stays so. */
bool model_exchange(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct request q = {.owned = true, .node = option_or(a, OPT_TO, NO_NODE), .exact = given(a, OPT_TO)};
    uint64_t gfn[MODEL_EXCHANGE], next = 0;

    if (!line_target(m, a->dom, &q.d) || !exchange_is_defined(m, q.d, a))
        return false;
    r->err = q.d ? 0 : ESRCH;
    for (uint64_t i = 0; !r->err && i < a->count; i++, next = gfn[i - 1] + 1)
        gfn[i] = next_page(m, q.d, a->value[OPT_FROM], next)->gfn;
    for (uint64_t i = 0; !r->err && i < a->count; i++) {
        struct model_page *old = page_at(m, q.d, gfn[i]);

        q.gfn = gfn[i];
        if (take_pages(m, &q, look) < 0)
            r->err = ENOMEM;
        else
            give_up(old);
    }
    return true;
}
