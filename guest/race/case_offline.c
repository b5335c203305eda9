/* SPDX-License-Identifier: MIT */
/* Pages go offline while all memory is claimed: what was granted comes, but for what is said to be recalled.
 */
#include "race.h"
#include <errno.h>
#include <xenguest.h>

#define BUILDERS  3U
#define BUILDS    8U
#define WANTED    32UL
#define SLACK     40UL
#define NODE      1U
#define MAX_PAGES 200U /* that are offline at once */
#define NO_LIMIT  (1UL << 30)

static uint32_t filler, domid[BUILDERS];
static unsigned long offline[MAX_PAGES];
static unsigned int nr_offline;

static void setup(struct racer *r)
{
    filler = domain_new(r, NO_LIMIT);
    for (unsigned int i = 0; i < BUILDERS; i++)
        domid[i] = domain_new(r, WANTED);
}

static void finish(struct racer *r)
{
    domain_end(r, filler);
    for (unsigned int i = 0; i < BUILDERS; i++)
        domain_end(r, domid[i]);
}

static void prepare(struct racer *r)
{
    claim_all_but(r, filler, BUILDERS * WANTED + SLACK, NODE);
}

static uint64_t recalled(struct racer *r)
{
    uint64_t pages = 0;

    if (xc_domain_recalled_pages(r->xch, domid[r->id], &pages))
        crew_fail(r, "recalled pages: errno %d", errno);
    return pages;
}

static void build(struct racer *r)
{
    uint32_t d = domid[r->id];
    struct xen_memory_claim set = E(WANTED, NODE);
    uint64_t before = recalled(r), lost;
    int rc = claim(r, d, 1, &set);
    unsigned long got;

    crew_one_of(r, "claim", rc, ONE_OF(ENOMEM));
    if (rc)
        return;
    got = populate(r, d, 0, WANTED, NODE);
    lost = recalled(r) - before;
    crew_at_least(r, "pages and recalled claims", WANTED, (int64_t)(got + lost));
    crew_at_most(r, "claims left", 0, got == WANTED ? claimed_by(r, d) : 0);
    must_claim(r, d, 0, HOST);
    must_give_back(r, d, 0, got);
}

/* A page of the node, free or used: used ones leave when they are freed. */
static void take_one_offline(struct racer *r)
{
    unsigned int uses = 1U << (one_in(r, 2) ? ALLOD_PAGE_FREE : ALLOD_PAGE_OWNED);
    uint32_t status, owner = uses == 1U << ALLOD_PAGE_FREE ? DOMID_INVALID : domid[pick(r, BUILDERS)];
    struct xen_page_run run;
    uint64_t from = 0;
    int nr = 0;

    while (nr == 0 && from != ~0UL)
        nr = xc_page_runs(r->xch, &from, uses, NODE, (domid_t)owner, 1, &run);
    if (nr != 1 || nr_offline == MAX_PAGES)
        return;
    offline[nr_offline] = run.mfn + pick(r, run.nr_pages);
    if (xc_mark_page_offline(r->xch, offline[nr_offline], offline[nr_offline], &status) == 0)
        nr_offline++;
}

static void bring_back(struct racer *r)
{
    uint32_t status;

    while (nr_offline) {
        unsigned long mfn = offline[--nr_offline];

        if (xc_mark_page_online(r->xch, mfn, mfn, &status))
            crew_fail(r, "page %#lx online: errno %d", mfn, errno);
    }
}

static void mark_some(struct racer *r)
{
    one_in(r, 20) ? bring_back(r) : take_one_offline(r);
}

static void race(struct racer *r)
{
    crew_build(r, BUILDS, build, mark_some);
}

static void check(struct racer *r)
{
    bring_back(r);
    must_claim(r, filler, 0, HOST);
}

const struct race_case case_offline = {
    "offline",
    "pages go offline during builds on a claimed node: claims give way only where they are said to be "
    "recalled",
    BUILDERS + 1,
    20,
    setup,
    prepare,
    race,
    check,
    finish,
    false,
};
