/* SPDX-License-Identifier: MIT */
/* Claims against claims: who wins how much is known beforehand. */
#include "race.h"
#include <errno.h>

#define BUILDERS  8U
#define WANTED    10UL
#define ROOM      64UL
#define NODE      1U     /* where the hypervisor's own allocations do not come from while others have room */
#define MAX_PAGES 4096UL /* of a builder's domain */
#define NO_LIMIT  (1UL << 30)

static uint32_t filler, domid[MAX_RACERS];
static struct memory at_first;

static unsigned long add(unsigned long *sum, unsigned long n)
{
    return __atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

static void make_domains(struct racer *r, unsigned int nr, uint64_t max_pages)
{
    filler = domain_new(r, NO_LIMIT);
    for (unsigned int i = 0; i < nr; i++)
        domid[i] = domain_new(r, max_pages);
    at_first = memory_now(r);
}

static void end_domains(struct racer *r, unsigned int nr)
{
    domain_end(r, filler);
    for (unsigned int i = 0; i < nr; i++)
        domain_end(r, domid[i]);
}

/* ---- eight builders ---- */

static unsigned long winners, leftovers;

static void eight_setup(struct racer *r)
{
    make_domains(r, BUILDERS, MAX_PAGES);
    claim_all_but(r, filler, ROOM, NODE);
}

static void eight_prepare(struct racer *r)
{
    (void)r;
    winners = leftovers = 0;
}

static void six_have_won(struct racer *r)
{
    crew_equal(r, "builders that hold ten pages", ROOM / WANTED, (int64_t)winners);
}

static void rest_is_used(struct racer *r)
{
    crew_equal(r, "pages of the losers", ROOM % WANTED, (int64_t)leftovers);
}

static void eight_race(struct racer *r)
{
    struct xen_memory_claim set = E(WANTED, NODE);
    int rc = claim(r, domid[r->id], 1, &set);
    unsigned long got;

    crew_one_of(r, "claim", rc, ONE_OF(ENOMEM));
    add(&winners, rc == 0);
    crew_meet(r, six_have_won);
    got = populate(r, domid[r->id], 0, WANTED, NODE);
    if (rc)
        add(&leftovers, got);
    else
        crew_equal(r, "pages that were claimed", WANTED, (int64_t)got);
    crew_equal(r, "pages on the node", (int64_t)got, (int64_t)pages_on(r, domid[r->id], NODE));
    crew_meet(r, rest_is_used);
    must_give_back(r, domid[r->id], 0, got);
}

static void eight_finish(struct racer *r)
{
    end_domains(r, BUILDERS);
}

const struct race_case case_eight = {
    "eight",      "of eight builders that want 10 pages each of a node with 64 exactly six get them",
    BUILDERS,     200,
    eight_setup,  eight_prepare,
    eight_race,   NULL,
    eight_finish, false,
};

/* ---- two claim all ---- */

#define GRANTS   10UL    /* that each must have in a round */
#define PATIENCE 20000UL /* refusals in a row, and grants to the other one meanwhile: not by chance */

static unsigned long holders, grants[2];

static void all_setup(struct racer *r)
{
    make_domains(r, 2, NO_LIMIT);
}

static void all_prepare(struct racer *r)
{
    (void)r;
    grants[0] = grants[1] = 0;
}

/* On its nodes, or from anywhere. */
static int claim_everything(struct racer *r)
{
    struct xen_memory_claim by_node[] = {E(at_first.node_free[0], 0), E(at_first.node_free[1], 1)};
    struct xen_memory_claim host[] = {E(at_first.free, HOST)};

    return one_in(r, 2) ? claim(r, domid[r->id], 1, host) : claim(r, domid[r->id], NR_NODES, by_node);
}

static unsigned long granted_to(unsigned int id)
{
    return __atomic_load_n(&grants[id], __ATOMIC_RELAXED);
}

/* Refused in a row since the other one had been granted BEFORE. Who does not ask does not starve. */
static void expect_turn(struct racer *r, unsigned long refusals, unsigned long before)
{
    unsigned long others = granted_to(1 - r->id) - before;

    crew_at_most(r, "refusals while the other one was granted as often", PATIENCE,
                 (int64_t)(refusals < others ? refusals : others));
}

static void hold_everything(struct racer *r)
{
    crew_equal(r, "domains that claim the whole host", 1, (int64_t)add(&holders, 1));
    perturb(r);
    add(&holders, -1UL);
    must_claim(r, domid[r->id], 0, HOST);
    add(&grants[r->id], 1);
}

static void all_race(struct racer *r)
{
    unsigned long refusals = 0, before = 0;

    while ((granted_to(0) < GRANTS || granted_to(1) < GRANTS) && !crew_failed()) {
        int rc = claim_everything(r);

        crew_one_of(r, "claim", rc, ONE_OF(ENOMEM));
        if (rc == 0) {
            hold_everything(r);
            refusals = 0;
            before = granted_to(1 - r->id);
        } else {
            expect_turn(r, ++refusals, before);
        }
        perturb(r);
    }
}

static void all_finish(struct racer *r)
{
    end_domains(r, 2);
}

const struct race_case case_all = {
    "all",      "two builders claim all there is, over and over: never both hold it, neither starves",
    2,          100,
    all_setup,  all_prepare,
    all_race,   NULL,
    all_finish, false,
};
