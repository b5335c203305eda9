/* SPDX-License-Identifier: MIT */
/* Races with builders that have their claims: what was granted comes, where it was claimed. */
#include "named_part.h"

#include "hypercall.h"

#define BUILDERS 3U

/* ---- populate against claim ---- */

static void build(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        unsigned long wanted = 1 + pick(w, 20), on_node = pick(w, wanted + 1), got;
        struct xen_memory_claim set[] = {E(on_node, 1), E(wanted - on_node, HOST)};

        if (level->claim(i, 2, set)) {
            w->refused++;
            continue;
        }
        got = level->populate(i, on_node, 1);
        got += level->populate(i, wanted - on_node, ANY_NODE);
        expect(got == wanted, "%lu pages of %lu that were claimed", got, wanted);
        w->granted++;
        level->release(i);
    }
}

static void claim_the_rest(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        claim_up_to(w, OTHER, one_in(w, 2) ? HOST : 1);
        perturb();
        must_claim(OTHER, 0, HOST);
    }
}

void populate_against_claim(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    call_budget = 1; /* interrupted after every extent */
    for (unsigned int i = 0; i < BUILDERS; i++)
        crew_add("builder", build, NULL);
    crew_add("claimer", claim_the_rest, NULL);
    run_race("a claim is good while another one takes the rest", milliseconds);
    call_budget = CALL_BUDGET;
}

/* ---- limits that change ---- */

#define LIMIT 24UL

/* What the limit refuses keeps its claim: pages and claims together are always what was claimed. */
static void build_below_limit(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        unsigned long wanted = 1 + pick(w, LIMIT), got = 0;
        struct xen_memory_claim set[] = {E(wanted / 2, 1), E(wanted - wanted / 2, HOST)};
        int rc = level->claim(i, 2, set);

        expect(rc == 0 || rc == -EINVAL || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        while (rc == 0 && got < wanted) {
            unsigned long claimed;

            got += level->populate(i, wanted - got, ANY_NODE);
            claimed = level->claimed(i);
            expect(got + claimed == wanted, "%lu pages and claims of %lu, claimed %lu", got, claimed, wanted);
            if (got < wanted)
                level->set_max(i, LIMIT);
        }
        level->release(i);
    }
}

static void change_limits(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        unsigned int i = (unsigned int)pick(w, BUILDERS);

        level->set_max(i, pick(w, LIMIT));
        perturb();
        if (one_in(w, 2))
            level->set_max(i, LIMIT);
    }
}

void limits_change(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    for (unsigned int i = 0; i < BUILDERS; i++)
        crew_add("builder", build_below_limit, NULL);
    crew_add("limits", change_limits, NULL);
    run_race("limits change during builds", milliseconds);
}

/* ---- a storm ---- */

#define DOMAIN_PAGES 100UL
#define STORMERS     4U
#define TAKERS       3U

/* On one node or on two: all of it comes, each page where it was claimed, or the claim is refused. */
static void build_in_storm(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        unsigned long first = one_in(w, 2) ? DOMAIN_PAGES : pick(w, DOMAIN_PAGES), got;
        struct xen_memory_claim set[] = {E(first, 0), E(DOMAIN_PAGES - first, 1)};
        int rc = level->claim(i, 2, set);

        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        if (rc)
            continue;
        got = level->populate(i, first, 0);
        expect(got == first && level->on_node(i, 0) == first,
               "node 0: %lu pages came, %lu are there, claimed %lu", got, level->on_node(i, 0), first);
        got = level->populate(i, DOMAIN_PAGES - first, 1);
        expect(got + first == DOMAIN_PAGES && level->on_node(i, 1) == got,
               "node 1: %lu pages came, %lu are there, claimed %lu", got, level->on_node(i, 1),
               DOMAIN_PAGES - first);
        level->release(i);
    }
}

/* Takes from any node all that no claim covers. */
static void take_unclaimed(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        w->granted += level->populate(i, at_first.avail_pages, ANY_NODE);
        level->release(i);
    }
}

void storm(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    for (unsigned int i = 0; i < STORMERS; i++)
        crew_add("builder", build_in_storm, NULL);
    for (unsigned int i = 0; i < TAKERS; i++)
        crew_add("taker", take_unclaimed, NULL);
    run_race("a storm on two nodes", milliseconds);
}
