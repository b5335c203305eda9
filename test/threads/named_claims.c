/* SPDX-License-Identifier: MIT */
/* Races of claims with claims: who wins how much is known beforehand. */
#include "named_part.h"

#define BUILDERS 8U
#define WANTED   10UL
#define ROOM     64UL
#define SLACK    8UL /* pages that a claim leaves */

static unsigned int winners;
static unsigned long leftovers;

/* ---- eight builders ---- */

static void nothing_won(void)
{
    winners = 0;
    leftovers = 0;
}

static void six_have_won(void)
{
    expect(winners == ROOM / WANTED, "%u builders hold %lu pages each of %lu", winners, WANTED, ROOM);
}

static void rest_is_used(void)
{
    expect(leftovers == ROOM % WANTED, "losers have %lu pages", leftovers);
}

static void one_of_eight(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_round(w, nothing_won)) {
        struct xen_memory_claim set = E(WANTED, 0);
        int rc = level->claim(i, 1, &set);
        unsigned long got;

        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        __atomic_add_fetch(&winners, rc == 0, __ATOMIC_RELAXED);
        crew_meet(six_have_won);
        got = level->populate(i, WANTED, 0);
        expect(rc || got == WANTED, "%lu pages of %lu that were claimed", got, WANTED);
        count(&leftovers, rc ? got : 0);
        crew_meet(rest_is_used);
        level->release(i);
    }
}

void eight_builders(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    must_claim(FILLER, at_first.node_avail[0] - ROOM, 0);
    for (unsigned int i = 0; i < BUILDERS; i++)
        crew_add("builder", one_of_eight, NULL);
    run_race("eight builders of ten pages on a node of 64", milliseconds);
}

/* ---- two hold all ---- */

#define CLAIMERS 2U
#define PATIENCE 20000UL /* refusals in a row, and grants to the other one meanwhile: not by chance */

static unsigned long holders, grants[CLAIMERS];

static void expect_turn(const struct worker *w, unsigned int i, unsigned long refusals,
                        unsigned long others_before)
{
    unsigned long others = __atomic_load_n(&grants[1 - i], __ATOMIC_RELAXED) - others_before;

    expect(MIN(refusals, others) < PATIENCE,
           "refused %lu times while the other was granted %lu times, after %lu grants", refusals, others,
           w->granted);
}

static void claim_all(struct worker *w)
{
    unsigned long refusals = 0, others = 0;
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        struct xen_memory_claim by_node[] = {E(at_first.node_avail[0], 0), E(at_first.node_avail[1], 1)};
        struct xen_memory_claim host[] = {E(at_first.avail_pages, HOST)};
        int rc = one_in(w, 2) ? level->claim(i, 2, by_node) : level->claim(i, 1, host);

        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        expect_turn(w, i, rc ? ++refusals : 0, others);
        if (rc)
            continue;
        refusals = 0;
        others = __atomic_load_n(&grants[1 - i], __ATOMIC_RELAXED);
        count(&grants[i], 1);
        expect(count(&holders, 1) == 1, "two domains claim the whole host");
        perturb();
        __atomic_sub_fetch(&holders, 1, __ATOMIC_RELAXED);
        must_claim(i, 0, HOST);
    }
}

void two_hold_all(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    for (unsigned int i = 0; i < CLAIMERS; i++)
        crew_add("claimer", claim_all, NULL);
    run_race("two claim the whole host: never both hold it, neither starves", milliseconds);
}

/* ---- a claim that is replaced ---- */

static unsigned long stolen;

/* All but SLACK pages at most, split in some way: what is not on nodes is host-wide. */
static void replace(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        unsigned long left = at_first.avail_pages - pick(w, SLACK + 1);
        struct xen_memory_claim set[LEVEL_NODES + 1];
        int rc;

        for (uint32_t n = 0; n < LEVEL_NODES; n++) {
            set[n] = E(pick(w, at_first.node_avail[n] - SLACK), n);
            left -= set[n].pages;
        }
        set[LEVEL_NODES] = E(left, HOST);
        rc = level->claim(FILLER, LEVEL_NODES + 1, set);
        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
    }
}

static void steal(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        unsigned long got =
            level->populate(i, 2 * SLACK, one_in(w, 2) ? ANY_NODE : (int)pick(w, LEVEL_NODES));

        expect(count(&stolen, got) <= SLACK, "%lu pages more than the claim leaves", stolen - SLACK);
        w->granted += got;
        perturb();
        __atomic_sub_fetch(&stolen, got, __ATOMIC_RELAXED);
        level->release(i);
    }
}

void replaced_claim(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    must_claim(FILLER, at_first.avail_pages - SLACK, HOST);
    for (unsigned int i = 0; i < 3; i++)
        crew_add("thief", steal, NULL);
    crew_add("replacer", replace, NULL);
    run_race("a claim protects while it is replaced", milliseconds);
}
