/* SPDX-License-Identifier: MIT */
/* Two ways to the same domains: the functions of mm/, and hypercalls of the privileged domain's vCPUs. */
#pragma once

#include "claims.h"
#include "crew.h"

#define HOST          XEN_DOMCTL_CLAIM_MEMORY_HOST
#define E(pages_, to) ((struct xen_memory_claim){.pages = (pages_), .target = (to)})
#define ANY_NODE      (-1)

/* I is one of the level's domains, 0 to LEVEL_DOMAINS - 1. Errors are negative numbers of Xen. */
struct level {
    const char *name;
    void (*open)(void);  /* a machine of two nodes, and the domains, which may have as much as they want */
    void (*close)(void); /* demand that everything is free */
    void (*enter)(struct worker *w); /* before a worker's first call */
    int (*claim)(unsigned int i, unsigned int nr, struct xen_memory_claim *set);
    /* Up to NR pages, one by one: from NODE alone, or from any. Returns how many came. */
    unsigned long (*populate)(unsigned int i, unsigned long nr, int node);
    unsigned long (*on_node)(unsigned int i, uint32_t node); /* how many of its pages */
    unsigned long (*claimed)(unsigned int i);                /* pages that are claimed for it */
    void (*set_max)(unsigned int i, unsigned long pages);
    void (*release)(unsigned int i); /* all its pages */
    void (*destroy)(
        unsigned int i); /* with all it has, perhaps by two at once; then only renew may be called for it */
    void (*renew)(unsigned int i);
};

#define LEVEL_DOMAINS   10U
#define LEVEL_NODES     2U
#define LEVEL_MAX_PAGES 4096UL /* of each domain */

extern const struct level level_mm, level_calls;

/* What both do when they close. */
void expect_all_free(void);
