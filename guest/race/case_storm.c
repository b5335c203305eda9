/* SPDX-License-Identifier: MIT */
/* A storm: more domains than there is room for, built and started at once. Those whose claim was granted
 * finish. */
#include "race.h"
#include <errno.h>
#include <guest_build.h>
#include <stdio.h>
#include <string.h>

#define BUILDERS 4U
#define DOMAINS  3U               /* of each builder in a round */
#define MEMORY   PAGES(4 * MiB)   /* of a domain */
#define ROOM     (MEMORY * 3 / 2) /* on each node: not for all at once */
#define NO_LIMIT (1UL << 30)
#define IMAGE    "hello.elf"

static uint32_t filler;
static unsigned int granted;

static void setup(struct racer *r)
{
    filler = domain_new(r, NO_LIMIT);
}

static void finish(struct racer *r)
{
    domain_end(r, filler);
}

static void prepare(struct racer *r)
{
    struct memory now = memory_now(r);
    struct xen_memory_claim set[NR_NODES];

    granted = 0;
    for (uint32_t n = 0; n < NR_NODES; n++)
        set[n] = E(now.node_free[n] - now.node_claimed[n] - ROOM, n);
    crew_equal(r, "the filler's claim", 0, claim(r, filler, NR_NODES, set));
}

/* Until its claim is granted a build may be refused: what the hypervisor needs for it comes from unclaimed
 * memory. */
static bool was_refused(const char *error)
{
    static const char *const steps[] = {
        "createdomain", "set_paging_mempool_size", "max_vcpus",      "set_memory_map",
        "acpi_tables",  "claim_memory, 1",         "claim_memory, 2"};

    for (unsigned int i = 0; errno == ENOMEM && i < ARRAY_SIZE(steps); i++)
        if (strstr(error, steps[i]))
            return true;
    return false;
}

static void wait_for_end(struct racer *r, uint32_t domid)
{
    int reason;

    while ((reason = child_end(r, domid)) == CHILD_RUNS && !crew_failed())
        guest_yield();
    crew_equal(r, "reason of its end", SHUTDOWN_poweroff, reason);
}

static void build_one(struct racer *r, const struct guest_module *image)
{
    uint32_t node = (uint32_t)pick(r, NR_NODES), domid;
    uint64_t here = MEMORY - (one_in(r, 2) ? pick(r, MEMORY) : 0);
    struct xen_memory_claim set[] = {E(here, node), E(MEMORY - here, 1 - node)};
    struct guest_build_config config = {
        .name = "storm",
        .image = image->data,
        .image_size = image->size,
        .cmdline = "storm",
        .pages = MEMORY,
        .vcpus = 1,
        .nr_claims = here == MEMORY ? 1 : 2,
        .claims = set,
    };
    char error[200];

    if (guest_build(r->xch, &config, &domid, error, sizeof(error))) {
        if (!was_refused(error))
            crew_fail(r, "a domain whose claim was granted: %s, errno %d", error, errno);
        return;
    }
    __atomic_add_fetch(&granted, 1, __ATOMIC_RELAXED);
    crew_equal(r, "pages on the first node", (int64_t)here, (int64_t)pages_on(r, domid, node));
    crew_equal(r, "pages on the second node", (int64_t)(MEMORY - here),
               (int64_t)pages_on(r, domid, 1 - node));
    crew_equal(r, "unpause", 0, xc_domain_unpause(r->xch, domid));
    wait_for_end(r, domid);
    domain_end(r, domid);
}

static void race(struct racer *r)
{
    const struct guest_module *image = guest_module(IMAGE);

    if (!image)
        crew_fail(r, "no module " IMAGE);
    for (unsigned int i = 0; image && i < DOMAINS && !crew_failed(); i++)
        build_one(r, image);
}

static void check(struct racer *r)
{
    crew_at_least(r, "domains that ran", 1, granted);
    must_claim(r, filler, 0, HOST);
}

const struct race_case case_storm = {
    "storm",  "every domain of a storm whose claim was granted is built where it wanted, and runs",
    BUILDERS, 20,
    setup,    prepare,
    race,     check,
    finish,   false,
};
