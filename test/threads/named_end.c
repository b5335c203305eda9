/* SPDX-License-Identifier: MIT */
/* Races with what takes memory away from a builder: its domain's end, and offlining. */
#include "named_part.h"
#include "soup.h"

/* ---- claim against destroy ---- */

static void renew_victim(void)
{
    struct heap_info info;

    heap_info(&info);
    expect(info.claimed_pages == 0, "%lu pages stay claimed for nobody", info.claimed_pages);
    expect(info.avail_pages >= at_first.avail_pages, "%lu pages are free, %lu were", info.avail_pages,
           at_first.avail_pages);
    level->renew(0);
}

static void claim_until_dead(struct worker *w)
{
    level->enter(w);
    while (crew_round(w, nothing_to_see)) {
        struct xen_memory_claim set[] = {E(pick(w, 50), 0), E(pick(w, 50), HOST)};

        while (level->claim(0, 2, set) != -ESRCH)
            w->granted++;
        crew_meet(renew_victim);
    }
}

static void destroy_after_a_while(struct worker *w)
{
    level->enter(w);
    while (crew_round(w, nothing_to_see)) {
        for (uint64_t i = pick(w, 20); i; i--)
            perturb();
        level->destroy(0);
        crew_meet(renew_victim);
    }
}

void claim_against_destroy(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    for (unsigned int i = 0; i < 3; i++)
        crew_add("claimer", claim_until_dead, NULL);
    crew_add("destroyer", destroy_after_a_while, NULL);
    run_race("a claim while its domain is destroyed", milliseconds);
}

/* ---- destroyed by two ---- */

/* What the others still do to it is refused, or goes with it. */
static void build_until_dead(struct worker *w)
{
    level->enter(w);
    while (crew_round(w, nothing_to_see)) {
        struct xen_memory_claim set = E(10, HOST);

        while (level->claim(0, 1, &set) != -ESRCH)
            w->granted += level->populate(0, 3, ANY_NODE);
        crew_meet(renew_victim);
    }
}

void destroyed_by_two(const struct level *l, unsigned int milliseconds)
{
    if (l == &level_mm)
        return; /* what keeps them apart is the hypercall's lock */
    open_level(l);
    crew_add("builder", build_until_dead, NULL);
    for (unsigned int i = 0; i < 2; i++)
        crew_add("destroyer", destroy_after_a_while, NULL);
    run_race("two destroy a domain that is being built", milliseconds);
}

/* ---- recall ---- */

static void get_what_was_not_recalled(unsigned long pages, unsigned long recalled_before)
{
    unsigned long got = level->populate(OTHER, pages, ANY_NODE), recalled;
    struct heap_info after;

    heap_info(&after);
    recalled = after.recalled_claims - recalled_before;
    expect(got + recalled >= pages, "%lu pages of %lu that were claimed, %lu were recalled", got, pages,
           recalled);
}

/* The only one who claims, so that what is recalled was its. */
static void claim_all_and_populate(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        struct heap_info before;
        unsigned long pages;

        heap_info(&before);
        pages = claim_up_to(w, OTHER, one_in(w, 2) ? HOST : 0);
        for (uint64_t i = pick(w, 200); i; i--)
            perturb();
        if (one_in(w, 16))
            get_what_was_not_recalled(pages, before.recalled_claims);
        must_claim(OTHER, 0, HOST);
        level->release(OTHER);
    }
}

void recalled_claim(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    crew_add("claimer", claim_all_and_populate, NULL);
    crew_add("offliner", offliner, (void *)1);
    run_race("pages go offline under a claim of all", milliseconds);
}
