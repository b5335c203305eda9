/* SPDX-License-Identifier: MIT */
/* Snapshots at full speed while everything moves: each one adds up (memory.c). */
#include "race.h"
#include <errno.h>

#define WRITERS   3U
#define STEPS     40U
#define PAGES_MAX 64UL

static unsigned long writers_left;

static void nothing(struct racer *r)
{
    (void)r;
}

static void prepare(struct racer *r)
{
    (void)r;
    writers_left = WRITERS;
}

/* Its own domain: made, filled, claimed for, and destroyed with all it has. */
static void write(struct racer *r)
{
    uint32_t d = domain_new(r, 2 * PAGES_MAX);
    unsigned long pages = 0;

    for (unsigned int i = 0; d && i < STEPS && !crew_failed(); i++) {
        struct xen_memory_claim set[] = {E(pick(r, 20), 0), E(pick(r, 20), 1), E(pick(r, 20), HOST)};

        crew_one_of(r, "claim", claim(r, d, 3, set), ONE_OF(ENOMEM));
        if (one_in(r, 2) && pages < PAGES_MAX)
            pages += populate(r, d, pages, pick(r, PAGES_MAX - pages) + 1,
                              one_in(r, 2) ? ANY_NODE : (int)pick(r, 2));
        else if (one_in(r, 2)) {
            must_give_back(r, d, 0, pages);
            pages = 0;
        }
    }
    if (d)
        domain_end(r, d);
    __atomic_sub_fetch(&writers_left, 1, __ATOMIC_RELAXED);
}

static void race(struct racer *r)
{
    if (r->id < WRITERS)
        write(r);
    else
        while (__atomic_load_n(&writers_left, __ATOMIC_RELAXED) && !crew_failed())
            memory_now(r);
}

const struct race_case case_snapshots = {
    "snapshots", "snapshots of free and claimed pages add up while domains come and go",
    WRITERS + 1, 40,
    nothing,     prepare,
    race,        NULL,
    nothing,     false,
};
