/* SPDX-License-Identifier: MIT */
/* A boot storm: many domains are built at once onto a machine that they nearly fill.
 *
 * One builder on each vCPU takes the next job from a list that all share. The seed decides which domains
 * there are: their sizes, the one or two nodes that each wants its memory on, the size of their extents, and
 * their order. */
#pragma once

#include <guest.h>
#include <guest_smp.h>
#include <xenctrl.h>

#define MAX_DOMAINS   256U
#define MAX_NODES     64U
#define MAX_WANTED    2U
#define MIN_PAGES     1024U /* of a domain: its image fits */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum role {
    ARRIVES, /* is built in the storm */
    STAYS,   /* evacuation: is there before and afterwards */
    LEAVES,  /* evacuation: is there before, and destroyed in the storm */
};

enum state { WAITING, STARTED, FAILED, GONE };

/* One domain. After the plan only the builder that has it writes to it. */
struct storm_domain {
    enum role role;
    uint64_t pages, extra; /* RAM, and guest_build_extra() */
    unsigned int nr_wanted;
    struct xen_memory_claim wanted[MAX_WANTED]; /* the sum of their pages is PAGES */
    unsigned int order_limit;                   /* as in struct guest_build_config */

    enum state state;
    uint32_t domid;
    uint64_t populated; /* when its build ended, well or not */
    unsigned int tries; /* to build it */
    unsigned int wasted_tries;
    uint64_t wasted_pages;  /* populated and given back, in all tries */
    uint64_t wasted_ns;     /* that failed tries took */
    char refused[160];      /* the last failed try: the hypercall that refused it, with what numbers, and */
    int error;              /* its errno */
    uint64_t on[MAX_NODES]; /* where its pages lie in the end */
    uint64_t ram_on[MAX_NODES]; /* of these, its RAM; the others are EXTRA */
};

struct storm {
    uint64_t seed;
    bool claims, evacuate;
    bool detail;          /* say everything about it; otherwise only how it went */
    unsigned int domains; /* as the command line wants it */
    unsigned int nr;      /* as there are */
    struct storm_domain domain[MAX_DOMAINS];
    uint64_t ns, ticks; /* what the builders took together; ticks of the TSC */
};

/* The machine, as it was before the first storm. */
struct machine {
    unsigned int nr_nodes; /* highest id + 1 */
    xc_claiminfo_node_t node[MAX_NODES];
    xc_claiminfo_t host;
    uint32_t distance[MAX_NODES * MAX_NODES];
};

extern xc_interface *xch; /* of vCPU 0 */

/* What a domain of a storm does: write to all its memory, read it again, power off. The exit status. */
int child_main(void);

/* ---- plan.c ---- */

/* Fill in S->domain. False when the machine is too small: there is a message. */
bool plan(struct storm *s, const struct machine *m);

/* ---- build.c: each returns whether it went well, and leaves the outcome in D ---- */

bool storm_build(xc_interface *x, struct storm_domain *d, unsigned int number, bool claims);
bool storm_destroy(xc_interface *x, struct storm_domain *d);

/* ---- race.c: all builders at once; each returns when all have ended; false: not all could be started ----
 */

/* Build the domains of these roles (bits 1 << ROLE), with claims or without. Those that leave are destroyed
 * meanwhile when LEAVES is among them. A build that was refused is tried again while domains still leave. */
bool race(struct storm *s, unsigned int roles, bool claims);
/* Destroy all that are there. */
bool race_to_the_end(struct storm *s);

/* ---- judge.c ---- */

/* Each returns NULL, or what is wrong. The first waits until all domains that were started have powered off.
 */
const char *judge_domains(const struct storm *s);
const char *judge_pages(const struct storm *s);
const char *judge_machine(const struct machine *before); /* nothing of the storm is left */
bool read_machine(struct machine *m);

/* ---- measure.c ---- */

/* Fill in where each domain's pages lie, by machine frames and by its own; with S->detail also print it, for
 * the picture. */
void measure(struct storm *s, const struct machine *m);

/* ---- report.c: one JSON object a line ---- */

void report_machine(const struct machine *m);
void report_storm(const struct storm *s);
/* WHY: NULL when all is well. */
void report_end(const struct storm *s, const char *why);
