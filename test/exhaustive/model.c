/* SPDX-License-Identifier: MIT */
/* The specification once more, in the simplest words: what an operation must return, and what it must leave.
 */
#include "predict.h"

#include "offline.h"
#include <stdio.h>
#include <string.h>

void sums_of(const struct view *v, struct sums *s)
{
    memset(s, 0, sizeof(*s));
    for (unsigned int n = 0; n < NODES; n++) {
        s->free[n] = v->free[n];
        s->offline[n] = v->offline[n];
    }
    s->marked = v->marked;
    for (unsigned int i = 0; i < FRAMES; i++)
        s->noref += v->frame[i].state == FRAME_NOREF;
    for (unsigned int i = 0; i < DOMAINS; i++) {
        const struct domain_view *d = &v->dom[i];

        for (unsigned int n = 0; n < NODES; n++)
            s->dom[i].claims[n] = d->claims[n];
        s->dom[i].host = d->host;
        s->dom[i].max = d->max;
        s->dom[i].tot = d->tot;
        s->dom[i].pool = d->pool;
        s->dom[i].dying = d->dying;
    }
}

/* ---- Offlining: section 9 ---- */

static void recall(struct sums *s, unsigned int node)
{
    if (claimed_on(s, node) > s->free[node]) {
        s->dom[s->dom[1].claims[node] >= s->dom[0].claims[node]].claims[node]--;
    } else if (claimed(s) > s->free[0] + s->free[1]) {
        s->dom[s->dom[1].host >= s->dom[0].host].host--;
    }
}

static int predict_offline(const struct view *v, const struct op *op, struct sums *s)
{
    const struct frame *f = &v->frame[op->frame];
    const unsigned int node = frame_node(op->frame);

    if (f->state == FRAME_OFFLINE)
        return OFFLINE_DONE;
    if (f->state != FRAME_FREE) {
        s->marked += !f->marked;
        return OFFLINE_PENDING;
    }
    s->free[node]--;
    s->offline[node]++;
    recall(s, node);
    return OFFLINE_DONE;
}

static int predict_online(const struct view *v, const struct op *op, struct sums *s)
{
    const struct frame *f = &v->frame[op->frame];

    if (f->state != FRAME_OFFLINE && !f->marked)
        return ONLINE_NOTHING;
    s->marked -= f->marked;
    if (f->state == FRAME_OFFLINE) {
        s->offline[frame_node(op->frame)]--;
        s->free[frame_node(op->frame)]++;
    }
    return ONLINE_DONE;
}

int op_predict(const struct view *v, const struct op *op, struct sums *s)
{
    sums_of(v, s);
    switch ((enum op_kind)op->kind) {
    case OP_CLAIM:
        return predict_claim(s, op);
    case OP_LEGACY:
        return predict_legacy(s, op);
    case OP_ALLOC:
    case OP_ALLOC_NOREF:
        return predict_alloc(v, op, s);
    case OP_ALLOC_STEP:
        return predict_step(v, op, s);
    case OP_EXCHANGE:
        return predict_exchange(v, op, s);
    case OP_FREE:
    case OP_FREE_NOREF:
        predict_free(v, op, s);
        return 0;
    case OP_PUT:
        predict_put(v, op, s);
        return 0;
    case OP_MAX_MEM:
        s->dom[op->dom].max = op->value;
        return 0;
    case OP_POOL:
        if (!op->value)
            empty_pool(v, op, s);
        return predict_pool(v, op, s);
    case OP_KILL:
        s->dom[op->dom].dying = true;
        release(s, op->dom);
        return 0;
    case OP_RELINQUISH:
        return predict_relinquish(v, op, s);
    case OP_REBIRTH:
        memset(&s->dom[op->dom], 0, sizeof(s->dom[op->dom]));
        s->dom[op->dom].max = MANY_PAGES;
        return 0;
    case OP_OFFLINE:
        return predict_offline(v, op, s);
    case OP_ONLINE:
        return predict_online(v, op, s);
    case OP_GET:
    case OP_AFFINITY:
    case OP_SCRUB:
    case OP_LOOK:
        return 0;
    }
    return 0;
}

static void print_one(const char *what, unsigned long a, unsigned long b)
{
    if (a != b)
        printf("    %s: expected %lu, seen %lu\n", what, a, b);
}

void sums_print(const struct sums *a, const struct sums *b)
{
    char what[32];

    for (unsigned int n = 0; n < NODES; n++) {
        snprintf(what, sizeof(what), "free on node %u", n);
        print_one(what, a->free[n], b->free[n]);
        snprintf(what, sizeof(what), "offline on node %u", n);
        print_one(what, a->offline[n], b->offline[n]);
    }
    print_one("marked", a->marked, b->marked);
    print_one("not reference-counted", a->noref, b->noref);
    for (unsigned int i = 0; i < DOMAINS; i++) {
        static const char *const names[] = {
            "claims on node 0", "claims on node 1", "host-wide claim", "max_pages", "pages", "pool", "dying"};
        const unsigned long *x = (const unsigned long *)&a->dom[i], *y = (const unsigned long *)&b->dom[i];

        for (unsigned int k = 0; k < ARRAY_SIZE(names); k++) {
            snprintf(what, sizeof(what), "d%u %s", i + 1, names[k]);
            print_one(what, x[k], y[k]);
        }
    }
}
