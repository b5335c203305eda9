/* SPDX-License-Identifier: MIT */
/* The fixture of the `host` command: nodes with exactly so many free pages, kept while domains come and go.
 */
#include "fixture.h"
#include "builder.h"
#include "filler.h"
#include <string.h>

#define ROOM        128UL /* pages: more than a domain's structures cost */
#define FILLER_POOL 256UL /* pages, and one for each half GiB */
#define POOL_STEP   32UL

static bool fixed;               /* the numbers of a `host` line hold */
static struct list fixed_counts; /* these */
static struct counters reminder; /* while open: where every node's free pages have to return to */

static int start_filler(void)
{
    struct counters now;

    if (filler_exists() && !filler_worn())
        return 0;
    filler_destroy();
    int err = read_counters(&now);
    return err ? err : filler_create(FILLER_POOL + (now.free >> 17), now.total);
}

/* Until nothing unclaimed is free: tables for what is left may have to be bought from it. */
static int take_everything(void)
{
    struct counters now;
    int err;

    while (!(err = read_counters(&now)) && now.free > now.claimed) {
        filler_take_all(&now);
        err = read_counters(&now);
        if (err || now.free <= now.claimed || !filler_grow_pool(POOL_STEP))
            break;
    }
    return err;
}

static bool give_counts(const struct list *counts, struct text *why)
{
    for (unsigned int i = 0; i < counts->nr; i++) {
        uint64_t owns = filler_owns(i);
        if (counts->v[i] <= owns && filler_give(i, counts->v[i]) == counts->v[i])
            continue;
        text_add(why, "node %u has only %lu pages to give", i, (unsigned long)owns);
        return false;
    }
    return true;
}

static bool counts_exact(const struct list *counts, struct text *why)
{
    struct counters now;

    if (read_counters(&now)) {
        text_add(why, "cannot read the counters");
        return false;
    }
    for (unsigned int i = 0; i < now.nr_nodes; i++) {
        uint64_t wanted = i < counts->nr ? counts->v[i] : 0;
        if (now.node[i].free == wanted)
            continue;
        text_add(why, "node %u has %lu free pages, not %lu", i, (unsigned long)now.node[i].free,
                 (unsigned long)wanted);
        return false;
    }
    return true;
}

/* Pages on a node that the machine does not have: another machine is meant. */
bool fixture_fits(const struct list *counts, struct text *why)
{
    struct counters now;
    unsigned int needed = counts->nr;

    while (needed && !counts->v[needed - 1])
        needed--;
    if (read_counters(&now) || needed <= now.nr_nodes)
        return true;
    text_add(why, "this needs %u nodes, the machine has %u: play it with NODES=%u", needed, now.nr_nodes,
             needed);
    return false;
}

bool fixture_set(const struct list *counts, struct text *why)
{
    fixed = false;
    if (!fixture_fits(counts, why))
        return false;
    int err = start_filler();
    if (!err)
        err = take_everything();
    if (err) {
        text_add(why, "the filler domain cannot do its work: %s", error_name(err));
        return false;
    }
    fixed = give_counts(counts, why) && counts_exact(counts, why);
    fixed_counts = *counts;
    return fixed;
}

const struct list *fixture_counts(void)
{
    return fixed ? &fixed_counts : NULL;
}

void fixture_relax(bool keep)
{
    fixed = false;
    if (!keep)
        filler_destroy();
}

void fixture_open(uint64_t pages)
{
    if (!filler_exists() || read_counters(&reminder))
        return;
    uint64_t unclaimed = reminder.free - reminder.claimed;
    for (unsigned int i = 0; i < reminder.nr_nodes; i++)
        if (fixed || unclaimed < ROOM + pages)
            unclaimed += filler_give(i, ROOM + pages);
}

static bool settle_node(unsigned int node, uint64_t free, uint64_t wanted)
{
    if (free > wanted)
        return filler_take(node, free - wanted) == free - wanted;
    return filler_give(node, wanted - free) == wanted - free;
}

bool fixture_close(void)
{
    struct counters now;
    bool good = true;

    if (!fixed)
        return true;
    if (read_counters(&now))
        return false;
    for (unsigned int i = 0; i < now.nr_nodes; i++)
        good &= settle_node(i, now.node[i].free, reminder.node[i].free);
    return good;
}

bool fixture_absorb(const int64_t *cost)
{
    bool good = true;

    for (unsigned int i = 0; fixed && i < MAX_NODES; i++)
        if (cost[i] > 0)
            good &= filler_take(i, (uint64_t)cost[i]) == (uint64_t)cost[i];
    return good;
}
