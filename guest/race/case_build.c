/* SPDX-License-Identifier: MIT */
/* Builds beside others that claim, change limits or destroy: what was granted comes, and nothing stays
 * behind. */
#include "race.h"
#include <errno.h>

#define BUILDERS  3U
#define BUILDS    10U  /* of each builder in a round */
#define PAGES_MAX 48UL /* that one build wants */
#define NODE      1U
#define NO_LIMIT  (1UL << 30)

static uint32_t domid[BUILDERS], rest;

static void setup(struct racer *r)
{
    rest = domain_new(r, NO_LIMIT);
    for (unsigned int i = 0; i < BUILDERS; i++)
        domid[i] = domain_new(r, PAGES_MAX);
}

static void finish(struct racer *r)
{
    set_call_budget(r, 0);
    domain_end(r, rest);
    for (unsigned int i = 0; i < BUILDERS; i++)
        domain_end(r, domid[i]);
}

/* ---- populate against claim ---- */

static void populate_setup(struct racer *r)
{
    setup(r);
    set_call_budget(r, 1); /* debug builds: interrupted after every extent */
}

/* What is claimed comes, each page from where it was claimed. */
static void build_what_is_claimed(struct racer *r)
{
    uint32_t d = domid[r->id];
    unsigned long wanted = 1 + pick(r, PAGES_MAX), on_node = pick(r, wanted + 1), got;
    struct xen_memory_claim set[] = {E(on_node, NODE), E(wanted - on_node, HOST)};
    int rc = claim(r, d, 2, set);

    crew_one_of(r, "claim", rc, ONE_OF(ENOMEM));
    if (rc)
        return;
    got = populate(r, d, 0, on_node, NODE);
    crew_equal(r, "pages claimed on the node", (int64_t)on_node, (int64_t)got);
    crew_equal(r, "pages on the node", (int64_t)on_node, (int64_t)pages_on(r, d, NODE));
    got += populate(r, d, got, wanted - on_node, ANY_NODE);
    crew_equal(r, "pages claimed", (int64_t)wanted, (int64_t)got);
    crew_equal(r, "claims left", 0, claimed_by(r, d));
    must_give_back(r, d, 0, got);
}

/* All that is there, page by page if need be, and back. */
static void claim_the_rest(struct racer *r)
{
    uint32_t target = one_in(r, 2) ? HOST : NODE;
    uint64_t pages = 0;

    for (uint64_t step = 1UL << 20; step; step /= 2) {
        struct xen_memory_claim set = E(pages + step, target);
        int rc = claim(r, rest, 1, &set);

        crew_one_of(r, "claim", rc, ONE_OF(ENOMEM));
        pages += rc ? 0 : step;
    }
    perturb(r);
    must_claim(r, rest, 0, HOST);
}

static void populate_race(struct racer *r)
{
    crew_build(r, BUILDS, build_what_is_claimed, claim_the_rest);
}

const struct race_case case_populate = {
    "populate",     "claimed pages come while another claims all the rest and releases it",
    BUILDERS + 1,   20,
    populate_setup, NULL,
    populate_race,  NULL,
    finish,         false,
};

/* ---- max_mem changes ---- */

static void set_max(struct racer *r, uint32_t d, uint64_t pages)
{
    if (xc_domain_setmaxmem(r->xch, d, pages * (XC_PAGE_SIZE / 1024)))
        crew_fail(r, "max_mem %lu: errno %d", pages, errno);
}

/* What is refused because of the limit keeps its claim: pages and claims together are always what was
 * claimed. */
static void build_below_limit(struct racer *r)
{
    uint32_t d = domid[r->id];
    unsigned long wanted = 1 + pick(r, PAGES_MAX), got = 0;
    struct xen_memory_claim set[] = {E(wanted / 2, NODE), E(wanted - wanted / 2, HOST)};
    int rc = claim(r, d, 2, set);

    crew_one_of(r, "claim", rc, ONE_OF(ENOMEM, EINVAL)); /* above the limit of the moment */
    if (rc)
        return;
    while (got < wanted && !crew_failed()) {
        got += populate(r, d, got, wanted - got, ANY_NODE);
        crew_equal(r, "pages and claims", (int64_t)wanted, (int64_t)got + claimed_by(r, d));
        if (got < wanted)
            set_max(r, d, PAGES_MAX);
    }
    crew_equal(r, "pages", (int64_t)wanted, (int64_t)pages_of(r, d));
    must_give_back(r, d, 0, got);
}

static void change_limits(struct racer *r)
{
    uint32_t d = domid[pick(r, BUILDERS)];

    set_max(r, d, pick(r, PAGES_MAX));
    perturb(r);
    if (one_in(r, 2))
        set_max(r, d, PAGES_MAX);
}

static void maxmem_race(struct racer *r)
{
    crew_build(r, BUILDS, build_below_limit, change_limits);
}

static void maxmem_check(struct racer *r)
{
    for (unsigned int i = 0; i < BUILDERS; i++)
        set_max(r, domid[i], PAGES_MAX);
}

const struct race_case case_maxmem = {
    "maxmem",       "max_mem changes during builds: what it refuses keeps its claim",
    BUILDERS + 1,   30,
    populate_setup, NULL,
    maxmem_race,    maxmem_check,
    finish,         false,
};
