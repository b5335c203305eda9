/* SPDX-License-Identifier: MIT */
/* Races: in the middle of each operation, at each of its points, each other one runs. The outcome must be
 * that of one of them after the other. */
#include "search.h"

#include "offline.h"
#include "points.h"
#include "report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How two operations end: their results, and what is left. */
struct outcome {
    int first, second;
    struct sums sums;
};

static void see_outcome(struct outcome *o)
{
    struct view v;

    view_take(&v);
    check_view(&v);
    sums_of(&v, &o->sums);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->first == b->first && a->second == b->second && memcmp(&a->sums, &b->sums, sizeof(a->sums)) == 0;
}

/* One after the other. */
static void in_order(const struct image *image, const struct op *first, const struct op *second,
                     struct outcome *o)
{
    search->point = IN_ORDER;
    search->doing = first;
    search->intruder = NULL;
    image_restore(image);
    o->first = op_do(first);
    search->intruder = second;
    o->second = op_do(second);
    see_outcome(o);
}

/* The outcomes that a race may have: OUTER first, INTRUDER first, or INTRUDER said that it could do nothing
 * now. */
enum { OUTER_FIRST, INTRUDER_FIRST, OUTER_ALONE, OUTCOMES };

static void may_end(const struct image *image, const struct op *outer, const struct op *intruder,
                    struct outcome *o)
{
    struct outcome swapped;

    in_order(image, outer, intruder, &o[OUTER_FIRST]);
    in_order(image, intruder, outer, &swapped);
    o[INTRUDER_FIRST] = (struct outcome){swapped.second, swapped.first, swapped.sums};
    o[OUTER_ALONE] = o[OUTER_FIRST];
    if (intruder->kind != OP_OFFLINE)
        return;
    search->doing = outer;
    search->intruder = NULL;
    image_restore(image);
    o[OUTER_ALONE].first = op_do(outer);
    o[OUTER_ALONE].second = OFFLINE_AGAIN;
    see_outcome(&o[OUTER_ALONE]);
}

/* A pool may grow, by claims that are released at this moment, after its domain was found alive: what empties
 * the pool waits for its lock. An exchange has both blocks for a moment. All other races must end as if one
 * came first. */
static bool may_end_otherwise(const struct op *outer, const struct op *intruder)
{
    return outer->kind == OP_EXCHANGE ||
           (outer->kind == OP_POOL && intruder->kind == OP_KILL && outer->dom == intruder->dom);
}

/* OUTER with INTRUDER at point N; false when it has no such point. */
static bool run_at(const struct image *image, const struct op *outer, const struct op *intruder,
                   unsigned int n, const struct outcome *may)
{
    struct outcome seen;

    image_restore(image);
    search->point = n;
    search->intruder = NULL;
    if (setjmp(*points_run(n, intruder))) {
        points_end(NULL);
        return true;
    }
    seen.first = op_do(outer);
    if (points_end(&seen.second) <= n)
        return false;
    search->races++;
    see_outcome(&seen);
    for (unsigned int i = 0; i < OUTCOMES; i++)
        if (may_end_otherwise(outer, intruder) || same(&seen, &may[i]))
            return true;
    printf("    results %d, %d; in order: %d, %d or %d, %d\n", seen.first, seen.second, may[0].first,
           may[0].second, may[1].first, may[1].second);
    sums_print(&may[OUTER_FIRST].sums, &seen.sums);
    broken("race: it is as if neither of the two operations came first");
}

static void race(const struct image *image, const struct op *outer, const struct op *intruder)
{
    struct outcome may[OUTCOMES];

    may_end(image, outer, intruder, may);
    search->doing = outer;
    for (unsigned int n = 0; run_at(image, outer, intruder, n, may); n++)
        ;
    search->intruder = NULL;
}

void search_races(uint32_t at)
{
    struct op *ops = malloc(MAX_OPS * sizeof(*ops));
    struct view v;
    unsigned int nr;

    search->current = at;
    image_restore(search->node[at].image);
    view_take(&v);
    nr = op_list(&v, ops, true);
    for (unsigned int i = 0; i < nr; i++)
        for (unsigned int j = 0; j < nr; j++)
            race(search->node[at].image, &ops[i], &ops[j]);
    free(ops);
    search->doing = NULL;
}
