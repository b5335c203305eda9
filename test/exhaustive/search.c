/* SPDX-License-Identifier: MIT */
/* The search by breadth: do every operation in every state, and check what it did. */
#include "search.h"

#include "error.h"
#include "report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search *search;

static uint32_t *find_slot(fingerprint key)
{
    uint32_t mask = search->table_size - 1, i = (uint32_t)key & mask;

    while (search->table[i] && search->node[search->table[i] - 1].key != key)
        i = (i + 1) & mask;
    return &search->table[i];
}

static void grow_table(void)
{
    free(search->table);
    search->table_size *= 2;
    search->table = calloc(search->table_size, sizeof(*search->table));
    for (uint32_t i = 0; i < search->nr; i++)
        *find_slot(search->node[i].key) = i + 1;
}

/* Remember a state; false when it is known. */
static bool add_state(fingerprint key, uint32_t parent, unsigned int op, unsigned int depth)
{
    uint32_t *slot = find_slot(key);

    if (*slot)
        return false;
    if (search->nr == search->capacity) {
        search->capacity *= 2;
        search->node = realloc(search->node, search->capacity * sizeof(*search->node));
    }
    *slot = search->nr + 1;
    search->node[search->nr++] = (struct search_node){key, NULL, parent, (uint16_t)op, (uint8_t)depth};
    if (search->nr * 2 > search->table_size)
        grow_table();
    return true;
}

/* I6, and the specification's word for it. Of a step of something longer it says nothing. An exchange that
 * fails has had a new block for a moment: the same pages are free, but not as clean as before. */
static void check_transition(const struct view *before, const struct op *op, int rc, const struct view *after)
{
    struct sums want, seen;
    const int want_rc = op_predict(before, op, &want);

    sums_of(after, &seen);
    if (rc == -ERESTART)
        return;
    if (rc != want_rc || memcmp(&want, &seen, sizeof(want))) {
        printf("    result: expected %d, seen %d\n", want_rc, rc);
        sums_print(&want, &seen);
        broken("model: the operation did not do what docs/claims.md says");
    }
    if (rc < 0 && op->kind != OP_EXCHANGE && memcmp(before, after, sizeof(*before)))
        broken("I6: the operation failed with %d and changed something", rc);
}

/* The world is a new state: check it thoroughly, keep it if its operations will be looked at. */
static void visit(const struct view *v)
{
    struct image *image = image_take();

    check_futures(v, image);
    if (search->node[search->nr - 1].depth < search->depth)
        search->node[search->nr - 1].image = image;
    else
        free(image);
}

static void expand(uint32_t at)
{
    const struct image *image = search->node[at].image;
    const unsigned int depth = search->node[at].depth + 1U;
    struct view before, after;
    struct op *ops = malloc(MAX_OPS * sizeof(*ops));
    unsigned int nr;

    image_restore(image);
    view_take(&before);
    nr = op_list(&before, ops, false);
    for (unsigned int i = 0; i < nr; i++) {
        int rc;

        search->current = at;
        search->doing = &ops[i];
        image_restore(image);
        rc = op_do(&ops[i]);
        view_take(&after);
        check_view(&after);
        check_transition(&before, &ops[i], rc, &after);
        search->transitions++;
        if ((rc >= 0 || rc == -ERESTART || ops[i].kind == OP_EXCHANGE) &&
            add_state(view_fingerprint(&after), at, i, depth))
            visit(&after);
    }
    search->doing = NULL;
    free(ops);
}

void search_start(void)
{
    struct view v;

    search = calloc(1, sizeof(*search));
    search->capacity = search->table_size = 1U << 16;
    search->node = malloc(search->capacity * sizeof(*search->node));
    search->table = calloc(search->table_size, sizeof(*search->table));
    image_init();
    view_take(&v);
    add_state(view_fingerprint(&v), 0, 0, 0);
}

static void leave_behind(struct search_node *n)
{
    free(n->image);
    n->image = NULL;
}

void search_all(unsigned int depth, unsigned int race_depth)
{
    uint32_t at = 0;

    search->depth = depth;
    for (unsigned int d = 0; d < depth; d++) {
        const uint32_t end = search->nr;

        for (uint32_t i = at; i < end; i++)
            expand(i);
        for (uint32_t i = at; i < end && d <= race_depth; i++)
            search_races(i);
        for (; at < end; at++)
            leave_behind(&search->node[at]);
        printf("depth %u: %u states, %lu transitions, %lu races\n", d + 1, search->nr, search->transitions,
               search->races);
        fflush(stdout);
    }
}
