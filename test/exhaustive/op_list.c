/* SPDX-License-Identifier: MIT */
/* Which operations make a difference in a state: claims at the boundaries, every page, every order. */
#include "op.h"
#include "report.h"

#include <string.h>

#define HOST   XEN_DOMCTL_CLAIM_MEMORY_HOST
#define LEGACY XEN_DOMCTL_CLAIM_MEMORY_LEGACY

struct list {
    struct op *ops;
    unsigned int nr;
    const struct view *v;
    bool small;
};

static void add(struct list *l, struct op op)
{
    for (unsigned int i = 0; i < l->nr; i++)
        if (memcmp(&l->ops[i], &op, sizeof(op)) == 0)
            return;
    if (l->nr == MAX_OPS)
        broken("search: more than %u operations in a state", MAX_OPS);
    l->ops[l->nr++] = op;
}

/* Compared byte by byte: padding is zero. */
static struct op make(enum op_kind kind, unsigned int dom)
{
    struct op op;

    memset(&op, 0, sizeof(op));
    op.kind = (uint8_t)kind;
    op.dom = (uint8_t)dom;
    return op;
}

static void add_value(struct list *l, enum op_kind kind, unsigned int dom, unsigned long value)
{
    struct op op = make(kind, dom);

    op.value = value;
    add(l, op);
}

/* ---- Claims ---- */

static void add_set(struct list *l, unsigned int dom, unsigned int nr, memory_claim_t a, memory_claim_t b)
{
    struct op op = make(OP_CLAIM, dom);

    op.nr = (uint8_t)nr;
    op.set[0] = a;
    if (nr > 1)
        op.set[1] = b;
    add(l, op);
}

#define E(pages, target)           ((memory_claim_t){(pages), (target), 0})
#define ONE(pages, target)         add_set(l, dom, 1, E(pages, target), E(0, 0))
#define TWO(pages, target, p2, t2) add_set(l, dom, 2, E(pages, target), E(p2, t2))

struct room {
    unsigned long node[NODES], host, quota, tot;
};

static struct room room_of(const struct view *v, unsigned int dom)
{
    struct room r = {.tot = v->dom[dom].tot};

    for (unsigned int n = 0; n < NODES; n++) {
        r.node[n] = v->free[n] + v->dom[dom].claims[n];
        r.host += v->free[n];
    }
    for (unsigned int i = 0; i < DOMAINS; i++) {
        const struct domain_view *d = &v->dom[i];

        for (unsigned int n = 0; n < NODES; n++) {
            r.node[n] -= d->claims[n];
            r.host -= i == dom ? 0 : d->claims[n];
        }
        r.host -= i == dom ? 0 : d->host;
    }
    r.quota = v->dom[dom].max > r.tot ? v->dom[dom].max - r.tot : 0;
    return r;
}

/* What must be refused, whatever is free. */
static void add_bad_claims(struct list *l, unsigned int dom)
{
    static const uint32_t no_node[] = {NODES, 64, 0xff, 0x100, 0x10001, HOST | LEGACY, HOST | 1, ~0U};
    static const uint64_t large[] = {1UL << 32, (1UL << 32) + 1, 1UL << 63, ~0UL};

    for (unsigned int i = 0; i < ARRAY_SIZE(no_node); i++)
        ONE(1, no_node[i]);
    for (unsigned int i = 0; i < ARRAY_SIZE(large); i++) {
        ONE(large[i], HOST);
        ONE(large[i], 0);
        ONE(large[i], LEGACY);
        TWO(2, 1, large[i], HOST);
        TWO(large[i], HOST, 2, 0);
    }
    TWO(1, 0, 1, 0);
    TWO(1, HOST, 1, HOST);
    TWO(1, LEGACY, 1, 0);
    add_set(l, dom, 2, E(1, HOST), (memory_claim_t){1, 0, 1});
}

static void add_claims(struct list *l, unsigned int dom)
{
    const struct room r = room_of(l->v, dom);

    ONE(0, HOST);
    ONE(1, HOST);
    ONE(r.host, HOST);
    TWO(1, 0, 1, HOST);
    for (unsigned int n = 0; n < NODES; n++) {
        ONE(1, n);
        ONE(r.node[n], n);
    }
    if (l->small)
        return;
    ONE(r.host + 1, HOST);
    ONE(r.quota, HOST);
    ONE(r.quota + 1, HOST);
    for (unsigned int n = 0; n < NODES; n++) {
        const unsigned long rest = r.host > r.node[n] ? r.host - r.node[n] : 0;

        ONE(r.node[n] + 1, n);
        TWO(r.node[n], n, rest, HOST);
        TWO(rest + 1, HOST, r.node[n], n);
    }
    TWO(1, 0, 1, 1);
    TWO(r.node[1], 1, r.node[0], 0);
    TWO(r.node[1], 1, r.node[0] + 1, 0);
    ONE(r.tot, LEGACY);
    ONE(r.tot + r.host, LEGACY);
    ONE(r.tot + r.host + 1, LEGACY);
    add_value(l, OP_LEGACY, dom, 0);
    add_value(l, OP_LEGACY, dom, r.tot + 1);
    add_value(l, OP_LEGACY, dom, r.tot + r.quota);
    add_value(l, OP_LEGACY, dom, r.tot + r.quota + 1);
    add_bad_claims(l, dom);
}

/* ---- Memory ---- */

static void add_alloc(struct list *l, enum op_kind kind, unsigned int dom, unsigned int order,
                      unsigned int flags)
{
    struct op op = make(kind, dom);

    op.order = (uint8_t)order;
    op.flags = flags;
    add(l, op);
}

static void add_allocs(struct list *l, unsigned int dom)
{
    for (unsigned int order = 0; order < ORDERS; order++) {
        add_alloc(l, OP_ALLOC, dom, order, 0);
        for (unsigned int n = 0; n < NODES && (!l->small || order == 0); n++)
            add_alloc(l, OP_ALLOC, dom, order, MEMF_node(n) | MEMF_exact_node);
    }
    add_alloc(l, OP_ALLOC, dom, 1, MEMF_node(1) | MEMF_no_scrub);
    add_alloc(l, OP_ALLOC_STEP, dom, 1, 0);
    if (l->small)
        return;
    add_alloc(l, OP_ALLOC, dom, 0, MEMF_node(1));
    add_alloc(l, OP_ALLOC, dom, 0, MEMF_exact_node);
    add_alloc(l, OP_ALLOC_STEP, dom, 2, 0);
    add_alloc(l, OP_ALLOC_NOREF, dom, 0, 0);
    add_alloc(l, OP_ALLOC_NOREF, dom, 1, MEMF_node(1) | MEMF_exact_node);
}

/* Is there no page before this one that is the same but for its place? */
static bool is_first_of_its_kind(const struct view *v, unsigned int i)
{
    const struct frame *f = &v->frame[i & ~(unsigned int)(NODE_PAGES - 1)];
    const unsigned int page = i % NODE_PAGES;

    if (page & 1 && memcmp(&f[page], &f[page - 1], sizeof(*f)) == 0)
        return false;
    return page < 2 || memcmp(f, f + 2, 2 * sizeof(*f)) != 0;
}

static void add_frame(struct list *l, enum op_kind kind, unsigned int dom, unsigned int i, unsigned int order)
{
    struct op op = make(kind, dom);

    op.frame = (uint8_t)(i & ~((1U << order) - 1));
    op.order = (uint8_t)order;
    add(l, op);
}

static void add_exchange(struct list *l, unsigned int i, unsigned int order, unsigned int flags)
{
    struct op op = make(OP_EXCHANGE, l->v->frame[i].owner);

    op.frame = (uint8_t)(i & ~((1U << order) - 1));
    op.order = (uint8_t)order;
    op.flags = flags;
    add(l, op);
}

static void add_owned_frame(struct list *l, unsigned int i)
{
    const struct frame *f = &l->v->frame[i];

    for (unsigned int order = 0; order <= f->order; order++)
        add_frame(l, OP_FREE, f->owner, i, order);
    add_exchange(l, i, 0, 0);
    if (!l->small) {
        add_exchange(l, i, 0, MEMF_node(1 - frame_node(i)) | MEMF_exact_node);
        add_exchange(l, i, f->order, 0);
    }
    if (!f->refs)
        add_frame(l, OP_GET, f->owner, i, 0);
}

static void add_frames(struct list *l)
{
    for (unsigned int i = 0; i < FRAMES; i++) {
        const struct frame *f = &l->v->frame[i];

        if (!is_first_of_its_kind(l->v, i))
            continue;
        if (f->state == FRAME_OWNED && !f->unfinished)
            add_owned_frame(l, i);
        if (f->state == FRAME_NOREF)
            add_frame(l, OP_FREE_NOREF, 0, i, f->order);
        if (f->refs)
            add_frame(l, OP_PUT, world.owner[i], i, 0);
        if (f->state != FRAME_OFFLINE && !f->marked)
            add_frame(l, OP_OFFLINE, 0, i, 0);
        if (f->state == FRAME_OFFLINE || f->marked || i == 0)
            add_frame(l, OP_ONLINE, 0, i, 0);
    }
}

static void add_life(struct list *l, unsigned int dom)
{
    const struct domain_view *d = &l->v->dom[dom];
    const unsigned long used = d->claims[0] + d->claims[1] + d->host + d->tot;

    if (!d->dying)
        add_value(l, OP_KILL, dom, 0);
    else if (d->tot || d->pool)
        add_value(l, OP_RELINQUISH, dom, 100);
    else if (!l->small)
        add_value(l, OP_REBIRTH, dom, 0);
    if (d->dying && d->tot > 1)
        add_value(l, OP_RELINQUISH, dom, 1);
    add_value(l, OP_POOL, dom, d->pool ? 0 : 1);
    if (used)
        add_value(l, OP_MAX_MEM, dom, used - 1);
    if (l->small)
        return;
    add_value(l, OP_MAX_MEM, dom, used);
    add_value(l, OP_MAX_MEM, dom, ~0UL);
}

unsigned int op_list(const struct view *v, struct op *ops, bool small)
{
    struct list l = {.ops = ops, .v = v, .small = small};

    for (unsigned int dom = 0; dom < DOMAINS; dom++) {
        add_allocs(&l, dom);
        add_claims(&l, dom);
        add_life(&l, dom);
    }
    add_frames(&l);
    add_alloc(&l, OP_ALLOC_NOREF, NOBODY, 0, 0);
    if (v->dirty)
        add_value(&l, OP_SCRUB, 0, 1);
    if (small) {
        add_value(&l, OP_LOOK, 0, 0);
    } else {
        add_value(&l, OP_SCRUB, 0, 100);
        add_value(&l, OP_AFFINITY, 0, v->dom[0].affinity == 3 ? 2 : 3);
    }
    return l.nr;
}
