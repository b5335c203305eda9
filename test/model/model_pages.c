/* SPDX-License-Identifier: MIT */
/* The reference model of allocation: the spec's sections 4 (protection, order of nodes) and 5 (redeeming). */
#include "model.h"

/* ---- Section 4 ---- */

static bool host_check(const struct model *m, const struct request *q)
{
    const uint64_t own = q->counted ? all_claimed_by(q->d) : 0;

    return (1UL << q->order) + (wide)all_claimed(m) <= (wide)free_on(m, ANY_NODE) + own;
}

static bool node_check(const struct model *m, const struct request *q, unsigned int node)
{
    const uint64_t own = q->counted ? claimed_by(q->d, node) : 0;

    return (1UL << q->order) + (wide)claimed_on(m, node) <= (wide)free_on(m, node) + own;
}

struct order_of_nodes {
    unsigned int nr, node[MAX_NODES];
};

static void try_node(const struct model *m, struct order_of_nodes *o, uint64_t node)
{
    for (unsigned int i = 0; i < o->nr; i++)
        if (o->node[i] == node)
            return;
    if (is_online(m, node))
        o->node[o->nr++] = (unsigned int)node;
}

/* The requested one, the affinity set round robin after the last one, then the others: ascending, as all
 * distances of the machines that this runs on are equal. Exact means the requested one, or without one the
 * affinity set. Nobody's affinity is every node, and begins at the lowest. */
static void order_nodes(const struct model *m, const struct request *q, struct order_of_nodes *o)
{
    const uint64_t affinity = q->d ? q->d->affinity : ~0UL;
    const unsigned int last = q->d ? q->d->last_node : MAX_NODES - 1;

    o->nr = 0;
    try_node(m, o, q->node);
    if (q->exact && q->node != NO_NODE)
        return;
    for (unsigned int i = 1; i <= MAX_NODES; i++)
        if (affinity >> (last + i) % MAX_NODES & 1)
            try_node(m, o, (last + i) % MAX_NODES);
    for (unsigned int node = 0; !q->exact && node < MAX_NODES; node++)
        try_node(m, o, node);
}

/* ---- Frames. A buddy allocator has a free block of some order exactly if there is an aligned run. ---- */

/* Do the pages from I on make up a free aligned run on the node? */
static bool is_free_run(const struct model *m, unsigned int i, unsigned int node, unsigned int order)
{
    const struct model_page *p = &m->page[i];
    const unsigned int nr = 1U << order;

    if (p->frame % nr || nr > m->nr_pages - i || p[nr - 1].frame != p->frame + nr - 1)
        return false;
    for (unsigned int k = 0; k < nr; k++)
        if (p[k].use != PAGE_FREE || p[k].node != node)
            return false;
    return true;
}

/* Has the implementation given the run's pages to the one who asked? */
static bool is_seen_taken(const struct model_page *p, const struct request *q, look_fn *look)
{
    for (unsigned int k = 0; k < 1U << q->order; k++) {
        struct seen_page seen = look(p[k].frame);

        if (q->owned ? seen.use != PAGE_OWNED || seen.domid != q->d->domid || seen.gfn != q->gfn + k
                     : seen.use != PAGE_HYPERVISOR)
            return false;
    }
    return true;
}

/* A run: the one that the implementation chose, else the lowest. -1: there is none. */
static long find_run(const struct model *m, const struct request *q, unsigned int node, look_fn *look)
{
    long lowest = -1;

    for (unsigned int i = 0; i < m->nr_pages; i++) {
        if (!is_free_run(m, i, node, q->order))
            continue;
        if (!look || is_seen_taken(&m->page[i], q, look))
            return i;
        if (lowest < 0)
            lowest = i;
    }
    return lowest;
}

/* Section 5: as many claimed pages are redeemed as came, all at once. */
static void take_run(struct model *m, const struct request *q, long first)
{
    for (unsigned int k = 0; k < 1U << q->order; k++) {
        struct model_page *p = &m->page[first + k];

        p->use = q->owned ? PAGE_OWNED : PAGE_HYPERVISOR;
        p->owner = q->owned ? index_of(m, q->d) : NO_DOMAIN;
        p->gfn = q->gfn + k;
        p->dirty = p->written = false;
        if (q->counted)
            redeem_page(q->d, p->node);
    }
    if (q->d)
        q->d->last_node = m->page[first].node;
}

long take_pages(struct model *m, const struct request *q, look_fn *look)
{
    struct order_of_nodes o;
    long first = -1;

    if (!host_check(m, q))
        return -1;
    order_nodes(m, q, &o);
    for (unsigned int i = 0; first < 0 && i < o.nr; i++)
        if (node_check(m, q, o.node[i]))
            first = find_run(m, q, o.node[i], look);
    if (first >= 0)
        take_run(m, q, first);
    return first;
}

struct model_page *next_page(struct model *m, const struct model_domain *d, uint64_t node, uint64_t gfn)
{
    struct model_page *next = NULL;

    for (struct model_page *p = m->page; p < m->page + m->nr_pages; p++)
        if (p->use == PAGE_OWNED && p->owner == index_of(m, d) && p->node == node && p->gfn >= gfn &&
            (!next || p->gfn < next->gfn))
            next = p;
    return next;
}

void give_up(struct model_page *p)
{
    p->use = p->pending ? PAGE_OFFLINED : PAGE_FREE;
    p->dirty = !p->pending;
    p->pending = false;
    p->owner = NO_DOMAIN;
}
