/* SPDX-License-Identifier: MIT */
/* Claims and pages for a domain that is being destroyed, by two at once: nothing is left behind. */
#include "race.h"
#include <errno.h>

#define CLAIMERS 3U /* and one that destroys, whom one of the claimers helps in the end */
#define NODE     1U
#define NO_LIMIT (1UL << 30)

static uint32_t victim;

static void no_setup(struct racer *r)
{
    (void)r;
}

static void destroy_prepare(struct racer *r)
{
    victim = domain_new(r, NO_LIMIT);
}

/* Two at once: each is told either that it is done or that there is no such domain. */
static void destroy_race(struct racer *r)
{
    struct xen_memory_claim set[] = {E(1 + pick(r, 50), NODE), E(pick(r, 50), HOST)};
    int rc = 0;

    if (r->id < CLAIMERS)
        while (rc != -ESRCH && !crew_failed()) {
            rc = claim(r, victim, 2, set);
            crew_one_of(r, "claim", rc, ONE_OF(ESRCH, ENOMEM));
            if (r->id == 0)
                populate(r, victim, 0, 4, ANY_NODE);
            if (r->id == 1 && one_in(r, 50))
                break; /* it destroys, too */
        }
    for (uint64_t i = pick(r, 20); i && r->id == CLAIMERS; i--)
        perturb(r);
    if (rc == 0)
        crew_one_of(r, "destroy", domain_destroy(r, victim), ONE_OF(ESRCH));
}

const struct race_case case_destroy = {
    "destroy",    "claims for a domain, and pages, while two destroy it: nothing is left behind",
    CLAIMERS + 1, 300,
    no_setup,     destroy_prepare,
    destroy_race, NULL,
    no_setup,     false,
};
