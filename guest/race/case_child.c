/* SPDX-License-Identifier: MIT */
/* Builders and a running domain: what it does to itself on its CPUs, and what they do to it on theirs. */
#include "child.h"
#include <errno.h>

#define RACERS 4U

static uint32_t childid;

static void nothing(struct racer *r)
{
    (void)r;
}

static void end(struct racer *r)
{
    domain_end(r, childid);
}

/* ---- it changes its own memory ---- */

static void own_prepare(struct racer *r)
{
    childid = child_start(r, "own", CHILD_VCPUS);
}

/* As if it did so itself, but for the pages' contents: those that are mapped here can be written. */
static int meddle(struct racer *r)
{
    xen_pfn_t frame = CHILD_FIRST_FRAME + pick(r, CHILD_FRAMES);
    int rc = 0;

    switch (pick(r, 4)) {
    case 0:
        give_back(r, childid, frame, 1 + pick(r, 8));
        break;
    case 1:
        populate(r, childid, frame, 1 + pick(r, 8), one_in(r, 2) ? ANY_NODE : (int)pick(r, NR_NODES));
        break;
    default: {
        volatile uint64_t *page = map_page(r, childid, frame, &rc);

        if (page) {
            page[pick(r, PAGE_SIZE / sizeof(*page))] = 1;
            perturb(r);
            unmap_page(r);
        }
        crew_one_of(r, "map", rc, ONE_OF(EINVAL, ESRCH, ENOMEM));
    }
    }
    return rc;
}

static void own_race(struct racer *r)
{
    if (r->id) {
        while (meddle(r) != -ESRCH && !crew_failed())
            smp_pause(); /* where CPUs take turns it is the next one's */
        return;
    }
    for (unsigned int i = 1 + (unsigned int)pick(r, 5); i; i--)
        child_goes_on(r, childid, CHILD_VCPUS);
    end(r);
}

const struct race_case case_own = {
    "own",
    "a domain changes its memory from four vCPUs while builders map and change it, and it is destroyed",
    RACERS,
    10,
    nothing,
    own_prepare,
    own_race,
    NULL,
    nothing,
    false,
};

/* ---- pauses ---- */

#define COUNTERS 2U
#define PAUSES   20U

static void pause_setup(struct racer *r)
{
    childid = child_start(r, "count", COUNTERS);
}

/* From when the call returns: the counters are looked at without another one. */
static void expect_standstill(struct racer *r, const volatile uint64_t *counts)
{
    uint64_t before[COUNTERS];

    for (unsigned int v = 0; v < COUNTERS; v++)
        before[v] = counts[v];
    perturb(r);
    for (unsigned int v = 0; v < COUNTERS; v++)
        crew_equal(r, "what a paused vCPU has counted", (int64_t)before[v], (int64_t)counts[v]);
}

static void pause_race(struct racer *r)
{
    volatile uint64_t *counts = child_map_counts(r, childid);

    for (unsigned int i = 0; i < PAUSES && counts && !crew_failed(); i++) {
        crew_equal(r, "pause", 0, xc_domain_pause(r->xch, childid));
        expect_standstill(r, counts);
        crew_equal(r, "unpause", 0, xc_domain_unpause(r->xch, childid));
        guest_yield(); /* it is on the same CPUs */
    }
    if (counts)
        unmap_page(r);
    else
        crew_fail(r, "the child's counters cannot be mapped");
}

static void pause_check(struct racer *r)
{
    child_goes_on(r, childid, COUNTERS);
}

const struct race_case case_pause = {
    "pause",
    "four pause and unpause a domain: it stands still until the last one has done so, then it goes on",
    RACERS,
    5,
    pause_setup,
    nothing,
    pause_race,
    pause_check,
    end,
    false,
};

/* ---- vCPUs go up and down ---- */

#define UPS 10U

static void updown_setup(struct racer *r)
{
    childid = child_start(r, "updown", CHILD_VCPUS);
}

static void look_at_vcpus(struct racer *r)
{
    for (unsigned int i = 0; i < CHILD_VCPUS; i++) {
        xc_vcpuinfo_t info;

        if (xc_vcpu_getinfo(r->xch, childid, i, &info))
            crew_fail(r, "getvcpuinfo %u: errno %d", i, errno);
    }
}

static void updown_race(struct racer *r)
{
    int64_t until = child_count(r, childid, 0) + UPS;

    while (child_count(r, childid, 0) < until && !crew_failed()) {
        crew_equal(r, "pause", 0, xc_domain_pause(r->xch, childid));
        look_at_vcpus(r);
        crew_equal(r, "unpause", 0, xc_domain_unpause(r->xch, childid));
        crew_equal(r, "the child", CHILD_RUNS, child_end(r, childid));
        guest_yield(); /* it is on the same CPUs */
    }
}

const struct race_case case_updown = {
    "updown",
    "vCPUs that start each other and go down do so while four builders pause and watch the domain",
    RACERS,
    3,
    updown_setup,
    nothing,
    updown_race,
    NULL,
    end,
    false,
};
