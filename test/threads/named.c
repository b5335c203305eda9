/* SPDX-License-Identifier: MIT */
/* Named races: who wins how much is known beforehand. */
#include "named.h"

#include "error.h"
#include "soup.h"

#define BUILDERS 8U
#define WANTED   10UL
#define ROOM     64UL
#define FILLER   8U /* the domain that claims what the others shall not have */
#define OTHER    9U
#define SLACK    8UL /* pages that a claim leaves */

static const struct level *level;
static struct heap_info at_first; /* what is free before the race */
static unsigned int winners;
static unsigned long leftovers;

static unsigned long count(unsigned long *sum, unsigned long n)
{
    return __atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

static void must_claim(unsigned int i, unsigned long pages, uint32_t target)
{
    struct xen_memory_claim set = E(pages, target);
    int rc = level->claim(i, 1, &set);

    expect(rc == 0, "a claim of %lu pages of %#x: error %d", pages, target, -rc);
}

static void open_level(const struct level *l)
{
    level = l;
    l->open();
    heap_info(&at_first);
}

static void run(const char *what, unsigned int milliseconds)
{
    crew_add("snapshots", snapshots, NULL)->apart = true;
    crew_run(level->name, what, milliseconds);
    level->close();
}

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
    run("eight builders of ten pages on a node of 64", milliseconds);
}

/* ---- two hold all ---- */

static unsigned long holders;

static void claim_all(struct worker *w)
{
    unsigned int i = w->cpu - 1;

    level->enter(w);
    while (crew_goes_on(w)) {
        struct xen_memory_claim by_node[] = {E(at_first.node_avail[0], 0), E(at_first.node_avail[1], 1)};
        struct xen_memory_claim host[] = {E(at_first.avail_pages, HOST)};
        int rc = one_in(w, 2) ? level->claim(i, 2, by_node) : level->claim(i, 1, host);

        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        if (rc)
            continue;
        expect(count(&holders, 1) == 1, "two domains claim the whole host");
        perturb();
        __atomic_sub_fetch(&holders, 1, __ATOMIC_RELAXED);
        must_claim(i, 0, HOST);
    }
}

void two_hold_all(const struct level *l, unsigned int milliseconds)
{
    open_level(l);
    for (unsigned int i = 0; i < 3; i++)
        crew_add("claimer", claim_all, NULL);
    run("never do two claim the whole host", milliseconds);
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
    run("a claim protects while it is replaced", milliseconds);
}

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

static void nothing_to_see(void)
{
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
    run("a claim while its domain is destroyed", milliseconds);
}

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

/* As much as there is, page by page if need be: returns what was granted at last. */
static unsigned long claim_up_to(struct worker *w, unsigned int i, uint32_t target)
{
    unsigned long pages = 0;

    for (unsigned long step = at_first.avail_pages; step; step /= 2) {
        struct xen_memory_claim set = E(pages + step, target);
        int rc = level->claim(i, 1, &set);

        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        pages += rc ? 0 : step;
    }
    return pages;
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
    for (unsigned int i = 0; i < 3; i++)
        crew_add("builder", build, NULL);
    crew_add("claimer", claim_the_rest, NULL);
    run("a claim is good while another one takes the rest", milliseconds);
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
    run("pages go offline under a claim of all", milliseconds);
}
