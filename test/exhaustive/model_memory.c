/* SPDX-License-Identifier: MIT */
/* Memory that comes and goes as docs/claims.md has it, sections 4, 5 and 10, in the simplest words. */
#include "predict.h"

#include "error.h"

/* ---- Freeing: a marked page leaves, a page with references stays ---- */

static void page_is_free(const struct view *v, unsigned int i, struct sums *s)
{
    s->marked -= v->frame[i].marked;
    if (v->frame[i].marked)
        s->offline[frame_node(i)]++;
    else
        s->free[frame_node(i)]++;
}

static void give_up(const struct view *v, unsigned int i, struct sums *s)
{
    if (v->frame[i].refs)
        return;
    s->dom[v->frame[i].owner].tot--;
    page_is_free(v, i, s);
}

/* ---- Allocation: sections 4 and 5 ---- */

/* An aligned run of free pages: then merging must have made a block of it. */
static bool has_block(const struct view *v, unsigned int node, unsigned int order)
{
    for (unsigned int start = 0; start < NODE_PAGES; start += 1U << order) {
        unsigned int is_free = 0;

        for (unsigned int i = 0; i < 1U << order; i++)
            is_free += v->frame[node * NODE_PAGES + start + i].state == FRAME_FREE;
        if (is_free == 1U << order)
            return true;
    }
    return false;
}

/* The nodes in their order; both are equally far from each other. Without a domain there is no affinity. */
static unsigned int node_order(const struct view *v, const struct op *op, unsigned int *out)
{
    const unsigned int wanted = MEMF_get_node(op->flags);
    const bool exact = op->flags & MEMF_exact_node;
    const struct domain_view *d = op->dom == NOBODY ? NULL : &v->dom[op->dom];
    unsigned int nr = 0, next = d ? (d->last + 1U) % NODES : 0;

    if (wanted < NODES)
        out[nr++] = wanted;
    if (exact && wanted < NODES)
        return nr;
    for (unsigned int i = 0; i < NODES; i++, next = (next + 1) % NODES)
        if (next != wanted && d && d->affinity >> next & 1)
            out[nr++] = next;
    for (unsigned int n = 0; (!exact || !d) && n < NODES; n++)
        if (n != wanted && !(d && d->affinity >> n & 1))
            out[nr++] = n;
    return nr;
}

static void redeem(struct sums *s, unsigned int dom, unsigned int node, unsigned long pages)
{
    for (; pages && outstanding(s, dom); pages--) {
        if (s->dom[dom].claims[node])
            s->dom[dom].claims[node]--;
        else if (s->dom[dom].host)
            s->dom[dom].host--;
        else
            s->dom[dom].claims[1 - node]--;
    }
}

int predict_alloc(const struct view *v, const struct op *op, struct sums *s)
{
    const bool counted = op->kind == OP_ALLOC;
    const unsigned long request = 1UL << op->order, own = counted ? outstanding(s, op->dom) : 0;
    unsigned int order[NODES], nr = node_order(v, op, order);

    if (counted && (s->dom[op->dom].dying || s->dom[op->dom].tot + request > s->dom[op->dom].max))
        return -ENOMEM;
    if (request + claimed(s) > s->free[0] + s->free[1] + own)
        return -ENOMEM;
    for (unsigned int i = 0; i < nr; i++) {
        const unsigned int n = order[i];

        if (!has_block(v, n, op->order) ||
            request + claimed_on(s, n) > s->free[n] + (counted ? s->dom[op->dom].claims[n] : 0))
            continue;
        s->free[n] -= request;
        if (!counted) {
            s->noref += request;
            return (int)n;
        }
        s->dom[op->dom].tot += request;
        redeem(s, op->dom, n, request);
        return (int)n;
    }
    return -ENOMEM;
}

/* Begun now, it is an allocation; finished now, it was one before. */
int predict_step(const struct view *v, const struct op *op, struct sums *s)
{
    struct op as_alloc = *op;

    as_alloc.kind = OP_ALLOC;
    for (unsigned int i = 0; i < FRAMES; i++)
        if (v->frame[i].unfinished && v->frame[i].owner == op->dom && v->frame[i].order == op->order)
            return (int)frame_node(i);
    return predict_alloc(v, &as_alloc, s);
}

/* The pool takes one page in these searches, from the domain's nodes. */
int predict_pool(const struct view *v, const struct op *op, struct sums *s)
{
    struct op one = {.kind = OP_ALLOC_NOREF, .dom = op->dom};
    const unsigned long noref = s->noref;
    int rc;

    if (!op->value)
        return 0;
    if (s->dom[op->dom].dying)
        return -ESRCH;
    rc = predict_alloc(v, &one, s);
    s->noref = noref;
    s->dom[op->dom].pool += rc >= 0;
    return MIN(rc, 0);
}

void predict_free(const struct view *v, const struct op *op, struct sums *s)
{
    for (unsigned int i = op->frame; i < op->frame + (1U << op->order); i++) {
        if (v->frame[i].state == FRAME_OWNED && v->frame[i].owner == op->dom)
            give_up(v, i, s);
        if (v->frame[i].state == FRAME_NOREF && op->kind == OP_FREE_NOREF) {
            s->noref--;
            page_is_free(v, i, s);
        }
    }
}

/* Unclaimed memory only; neither pages nor claims of the domain change. */
int predict_exchange(const struct view *v, const struct op *op, struct sums *s)
{
    struct op as_alloc = *op;
    unsigned long noref = s->noref;
    const struct sums before = *s;

    as_alloc.kind = OP_ALLOC_NOREF;
    if (predict_alloc(v, &as_alloc, s) < 0)
        return -ENOMEM;
    s->noref = noref;
    for (unsigned int i = op->frame; i < op->frame + (1U << op->order); i++) {
        if (v->frame[i].refs) {
            *s = before;
            return -EINVAL;
        }
        page_is_free(v, i, s);
    }
    return 0;
}

void predict_put(const struct view *v, const struct op *op, struct sums *s)
{
    const struct frame *f = &v->frame[op->frame];

    if (f->state == FRAME_GIVEN_UP && f->refs == 1) {
        s->dom[f->owner].tot--;
        page_is_free(v, op->frame, s);
    }
}

void empty_pool(const struct view *v, const struct op *op, struct sums *s)
{
    for (unsigned int i = 0; i < FRAMES; i++)
        if (v->frame[i].state == FRAME_POOL && v->frame[i].owner == op->dom) {
            s->dom[op->dom].pool--;
            page_is_free(v, i, s);
        }
}

/* All of it; of one page only how much, not which: the caller compares the rest. */
int predict_relinquish(const struct view *v, const struct op *op, struct sums *s)
{
    for (unsigned int i = 0; i < FRAMES; i++)
        if (v->frame[i].state == FRAME_OWNED && v->frame[i].owner == op->dom)
            give_up(v, i, s);
    return 0;
}
