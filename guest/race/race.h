/* SPDX-License-Identifier: MIT */
/* Races: several vCPUs of a privileged domain do at once what builders do, on the same nodes and the same
 * domains, and after each round everything must add up.
 *
 * A case has as many racers as it says, each on a vCPU of its own with its own library handle and random
 * numbers. In every round racer 0 prepares alone, all race at once, racer 0 checks alone; then memory must be
 * as it was before the round, and in debug builds the hypervisor's invariants must hold. The first thing that
 * is not as expected ends the case. */
#pragma once

#include <guest.h>
#include <guest_smp.h>
#include <xen_hypercall.h>
#include <xenctrl.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MiB           (1UL << 20)
#define PAGES(bytes)  ((bytes) >> PAGE_SHIFT)

#define MAX_RACERS    8U
#define NR_NODES      2U /* that the cases use: the machine's first ones */

#define HOST          XEN_DOMCTL_CLAIM_MEMORY_HOST
#define E(pages_, to) ((struct xen_memory_claim){.pages = (pages_), .target = (to)})
#define ANY_NODE      (-1)

/* ---- crew.c ---- */

struct racer {
    unsigned int id; /* from 0 on: the vCPU */
    unsigned int round;
    uint64_t random;
    xc_interface *xch;
};

struct race_case {
    const char *name, *what;
    unsigned int racers, rounds; /* rounds: unless the command line says how many */
    void (*setup)(struct racer *r);
    void (*prepare)(struct racer *r); /* before each round; NULL: nothing */
    void (*race)(struct racer *r);    /* all at once */
    void (*check)(struct racer *r);   /* after each round; NULL: nothing */
    void (*finish)(struct racer *r);  /* give all back that setup took */
    bool changes_memory;              /* rounds do not leave it as it was: only the case as a whole does */
};

/* Run ROUNDS of it. True when nothing was wrong. */
bool crew_run(const struct race_case *c, uint64_t seed, unsigned int rounds);

/* All racers of the case meet; BETWEEN (NULL: nothing) is called by one of them alone. */
void crew_meet(struct racer *r, void (*between)(struct racer *r));

/* Once in a round: all racers but the last build, BUILDS times each, and the last one disturbs as long as any
 * of them does. */
void crew_build(struct racer *r, unsigned int builds, void (*build)(struct racer *r),
                void (*disturb)(struct racer *r));

/* Has something been wrong? Loops that wait for others end then. */
bool crew_failed(void);

/* The racer says what was wrong. */
void crew_fail(const struct racer *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void crew_equal(const struct racer *r, const char *what, int64_t expected, int64_t seen);
void crew_at_least(const struct racer *r, const char *what, int64_t expected, int64_t seen);
void crew_at_most(const struct racer *r, const char *what, int64_t expected, int64_t seen);
/* RC is 0 or one of these, each a negative errno; the list ends with 0. */
void crew_one_of(const struct racer *r, const char *what, int rc, const int *allowed);
#define ONE_OF(...) ((const int[]){__VA_ARGS__, 0})

/* Evenly from 0 to N - 1; true once in N times. */
uint64_t pick(struct racer *r, uint64_t n);
bool one_in(struct racer *r, uint64_t n);
/* Wait for a moment, sometimes give the CPU away: others come in between. */
void perturb(struct racer *r);

/* ---- memory.c: what is free and claimed ---- */

struct memory {
    uint64_t total, free, claimed, recalled;
    uint64_t node_free[NR_NODES], node_claimed[NR_NODES], node_total[NR_NODES];
};

/* Read it; what does not add up within this one snapshot fails. */
struct memory memory_now(struct racer *r);
void expect_same_memory(struct racer *r, const char *when, const struct memory *before);
/* The hypervisor's own check of all invariants, where it is a debug build. */
void expect_invariants(struct racer *r);

/* Debug builds: interrupt calls after so many pages, 0: as always. */
void set_call_budget(struct racer *r, unsigned long pages);
/* Say in the report whether the two above do anything. */
void print_build(xc_interface *xch);

/* ---- domains.c: what builders do; results are 0 or a negative errno ---- */

#define NO_DOMAIN 0U

/* A domain without vCPUs that may have MAX_PAGES. WANTED: its id, 0: any. */
int domain_try(struct racer *r, uint32_t wanted, uint64_t max_pages, uint32_t *domid);
/* The same; that it cannot be made is wrong. */
uint32_t domain_new(struct racer *r, uint64_t max_pages);
int domain_destroy(struct racer *r, uint32_t domid);
/* It must be possible. */
void domain_end(struct racer *r, uint32_t domid);

int claim(struct racer *r, uint32_t domid, unsigned int nr, struct xen_memory_claim *set);
/* It must be possible. */
void must_claim(struct racer *r, uint32_t domid, uint64_t pages, uint32_t target);
/* All that is free but LEFT pages on NODE, for DOMID. */
void claim_all_but(struct racer *r, uint32_t domid, uint64_t left, uint32_t node);
/* Pages that are claimed for it; -1 and a failure when it cannot be read. */
int64_t claimed_by(struct racer *r, uint32_t domid);

/* NR single pages at guest frames from FIRST on, from NODE alone or from any. How many came. */
unsigned long populate(struct racer *r, uint32_t domid, xen_pfn_t first, unsigned long nr, int node);
unsigned long give_back(struct racer *r, uint32_t domid, xen_pfn_t first, unsigned long nr);
/* They must be there. */
void must_give_back(struct racer *r, uint32_t domid, xen_pfn_t first, unsigned long nr);
/* Of its RAM below 4 GiB. */
uint64_t pages_on(struct racer *r, uint32_t domid, uint32_t node);
uint64_t pages_of(struct racer *r, uint32_t domid);

/* A page of DOMID in this racer's own window: address, or NULL with *rc. */
volatile uint64_t *map_page(struct racer *r, uint32_t domid, xen_pfn_t gfn, int *rc);
void unmap_page(struct racer *r);

/* ---- case_target.c ---- */

extern bool share_is_second; /* of the two domains that run "share" */

/* ---- children.c: the same image as a domain without privilege; see child.c for its roles ---- */

uint32_t child_start(struct racer *r, const char *role, unsigned int vcpus);
/* Numbers that the child counts up, by vCPU, in this racer's window; NULL: they cannot be mapped any more. */
volatile uint64_t *child_map_counts(struct racer *r, uint32_t domid);
/* One of them; -1: it cannot be read any more. */
int64_t child_count(struct racer *r, uint32_t domid, unsigned int vcpu);
/* Wait until each of its vCPUs has counted on. */
void child_goes_on(struct racer *r, uint32_t domid, unsigned int vcpus);
/* Does it run, or what was the reason for its end? */
#define CHILD_RUNS (-1)
int child_end(struct racer *r, uint32_t domid);
int child(const char *role);

/* ---- case_*.c ---- */

extern const struct race_case case_eight, case_all, case_replace, case_destroy, case_populate, case_maxmem,
    case_offline, case_snapshots, case_storm, case_target, case_share, case_own, case_pause, case_updown,
    case_events;
