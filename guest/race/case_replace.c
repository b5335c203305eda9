/* SPDX-License-Identifier: MIT */
/* A claim that is replaced over and over: nobody ever gets what all of the sets cover. */
#include "race.h"
#include <errno.h>
#include <stdio.h>

#define THIEVES   3U
#define REPLACER  THIEVES
#define SLACK     8UL /* pages that no claim covers */
#define ATTEMPTS  20U /* of a thief in a round, and more until GRANTS replacements were granted */
#define GRANTS    3U
#define PATIENCE  100000U /* attempts without so many grants: not by chance */
#define MAX_PAGES 64UL    /* of a thief's domain */
#define NO_LIMIT  (1UL << 30)

static uint32_t filler, domid[THIEVES];
static struct memory at_first;
static unsigned long stolen, thieves_left;
static unsigned long granted;                            /* replacements in this round */
static unsigned long all_asked, all_granted, all_stolen; /* in all rounds */

static void replace_setup(struct racer *r)
{
    filler = domain_new(r, NO_LIMIT);
    for (unsigned int i = 0; i < THIEVES; i++)
        domid[i] = domain_new(r, MAX_PAGES);
    at_first = memory_now(r);
    must_claim(r, filler, at_first.free - SLACK, HOST);
}

static void replace_prepare(struct racer *r)
{
    (void)r;
    thieves_left = THIEVES;
    granted = 0;
}

/* Thieves do not leave before the claim was replaced beside them. */
static bool go_on(unsigned int attempts)
{
    unsigned int wanted = __atomic_load_n(&granted, __ATOMIC_RELAXED) < GRANTS ? PATIENCE : ATTEMPTS;

    return attempts < wanted && !crew_failed();
}

static void steal(struct racer *r)
{
    for (unsigned int i = 0; go_on(i); i++) {
        int node = one_in(r, 2) ? ANY_NODE : (int)pick(r, NR_NODES);
        unsigned long got = populate(r, domid[r->id], 0, 2 * SLACK, node);

        crew_at_most(r, "pages that no claim covers", SLACK,
                     (int64_t)__atomic_add_fetch(&stolen, got, __ATOMIC_RELAXED));
        __atomic_add_fetch(&all_stolen, got, __ATOMIC_RELAXED);
        perturb(r);
        __atomic_sub_fetch(&stolen, got, __ATOMIC_RELAXED);
        must_give_back(r, domid[r->id], 0, got);
    }
    __atomic_sub_fetch(&thieves_left, 1, __ATOMIC_RELAXED);
}

/* All but SLACK pages at least, split in some way. */
static void replace(struct racer *r)
{
    uint64_t left = at_first.free - pick(r, SLACK + 1);
    struct xen_memory_claim set[NR_NODES + 1];
    int rc;

    for (uint32_t n = 0; n < NR_NODES; n++) {
        set[n] = E(pick(r, at_first.node_free[n] - SLACK), n);
        left -= set[n].pages;
    }
    set[NR_NODES] = E(left, HOST);
    rc = claim(r, filler, NR_NODES + 1, set);
    crew_one_of(r, "claim", rc, ONE_OF(ENOMEM)); /* more is stolen than it would leave */
    all_asked++;
    all_granted += rc == 0;
    __atomic_add_fetch(&granted, rc == 0, __ATOMIC_RELAXED);
}

static void replace_race(struct racer *r)
{
    if (r->id != REPLACER)
        steal(r);
    else
        while (__atomic_load_n(&thieves_left, __ATOMIC_RELAXED) && !crew_failed()) {
            replace(r);
            smp_pause(); /* where CPUs take turns it is the next one's */
        }
}

static void replace_check(struct racer *r)
{
    crew_at_least(r, "replacements that were granted", GRANTS, (int64_t)granted);
    must_claim(r, filler, at_first.free - SLACK, HOST);
}

static void replace_finish(struct racer *r)
{
    crew_at_least(r, "pages that thieves got", 1, (int64_t)all_stolen);
    printf("# replace: %lu of %lu replacements were granted, thieves got %lu pages\n", all_granted, all_asked,
           all_stolen);
    domain_end(r, filler);
    for (unsigned int i = 0; i < THIEVES; i++)
        domain_end(r, domid[i]);
}

const struct race_case case_replace = {
    "replace",      "a claim protects while it is replaced by others",
    THIEVES + 1,    100,
    replace_setup,  replace_prepare,
    replace_race,   replace_check,
    replace_finish, false,
};
