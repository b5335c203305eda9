/* SPDX-License-Identifier: MIT */
/* The reference model: what docs/claims.md ("the spec") says, in the most obvious form.
 *
 * It keeps lists only: pages, domains, each domain's claims. Every quantity is a sum over a list, counted
 * anew each time; no aggregate is kept anywhere. It was written from the spec and shares no code with mm/. */
#pragma once

#include "command.h"

#define MODEL_DOMAINS 64
#define MODEL_PAGES   (1U << 17)
#define MODEL_CLAIMS  (MAX_NODES + 1)
#define ANY_NODE      (~0U)
#define NO_DOMAIN     (~0U)

/* So wide that no sum of 64-bit numbers wraps. */
typedef unsigned __int128 wide;

enum page_use { PAGE_FREE, PAGE_OWNED, PAGE_HYPERVISOR, PAGE_OFFLINED };

/* A page that is free, or was when the test began: what the filler and the hypervisor hold does not appear.
 */
struct model_page {
    uint64_t frame, gfn;
    unsigned int node, owner; /* owner: index of a domain, which sees the page at gfn */
    enum page_use use;
    bool pending; /* leaves when its owner gives it up */
    bool dirty;   /* free, and nobody has scrubbed it yet */
    bool written; /* owned, and its owner has written into it */
};

struct model_claim {
    uint32_t target; /* a node, or XEN_DOMCTL_CLAIM_MEMORY_HOST */
    uint64_t pages;
};

/* Domains stay in the list when they are gone; a name means the last one of that name. */
struct model_domain {
    char name[MAX_NAME];
    uint32_t domid; /* the hypervisor's number, ascending like the index */
    bool gone, dying;
    uint64_t max_pages, affinity; /* affinity: a bit for each node */
    unsigned int last_node;
    uint64_t next_gfn; /* where `populate` puts more memory (docs/scenarios.md says nothing, the builder does
                          so) */
    unsigned int nr_claims;
    struct model_claim claim[MODEL_CLAIMS];
};

struct model {
    uint64_t online; /* nodes, a bit for each */
    bool fixed;      /* a `host` line fixed how much is free */
    unsigned int nr_domains;
    struct model_domain domain[MODEL_DOMAINS];
    unsigned int nr_pages; /* ascending frames */
    struct model_page page[MODEL_PAGES];
};

/* What the implementation did with a frame. Where the spec leaves the choice of frames open, the model makes
 * the implementation's choice its own if that is among the permitted ones. */
struct seen_page {
    enum page_use use;
    uint32_t domid;
    uint64_t gfn;
    bool pending, dirty;
};
typedef struct seen_page look_fn(uint64_t frame);

void model_reset(struct model *m, uint64_t online);
void model_copy(struct model *to, const struct model *from);

/* Carry out a parsed line: what it changes goes to M, what must become of it to R. LOOK may be NULL, then the
 * lowest frames are chosen. False when the line has no meaning here: it can neither be predicted nor be part
 * of a scenario (a name that nobody has, more pages to exchange than there are). */
bool model_step(struct model *m, const struct args *a, look_fn *look, struct outcome *r);

/* ---- Sums ---- */

/* Pages with this use, on NODE or ANY_NODE, of the domain with this index or NO_DOMAIN (of anybody). */
uint64_t count_pages(const struct model *m, enum page_use use, unsigned int node, unsigned int owner);
uint64_t free_on(const struct model *m, unsigned int node);
uint64_t owned_pages(const struct model *m, const struct model_domain *d);
/* A domain's claims on TARGET, and on everything. */
uint64_t claimed_by(const struct model_domain *d, uint32_t target);
uint64_t all_claimed_by(const struct model_domain *d);
/* All domains' claims on a node, and on everything. */
uint64_t claimed_on(const struct model *m, uint32_t node);
uint64_t all_claimed(const struct model *m);

/* ---- For the parts of the model ---- */

static inline bool is_online(const struct model *m, uint64_t node)
{
    return node < MAX_NODES && m->online >> node & 1;
}

static inline unsigned int index_of(const struct model *m, const struct model_domain *d)
{
    return (unsigned int)(d - m->domain);
}

/* The domain that a line names; NULL when nobody ever had the name. */
struct model_domain *named_domain(struct model *m, const char *name);
/* Does the line name a domain that the hypervisor cannot find: one that is gone, "self" where that is no
 * name, or a number that was never given? Then *d is NULL; otherwise the domain. False: the model does not
 * know. */
bool line_target(struct model *m, const char *name, struct model_domain **d);

/* The domain's lowest page by guest address that lies on the node, at or above GFN; NULL when there is none.
 */
struct model_page *next_page(struct model *m, const struct model_domain *d, uint64_t node, uint64_t gfn);
/* A page is given up: free and dirty, or offlined if it was marked (section 9). */
void give_up(struct model_page *p);
/* Redeem one page for one that came from NODE: section 5. False when nothing was claimed. */
bool redeem_page(struct model_domain *d, unsigned int node);
/* One page less of the claim on TARGET; false when there is none. */
bool lower_claim(struct model_domain *d, uint32_t target);

/* Ask for 2^order pages. */
struct request {
    struct model_domain *d; /* NULL: for nobody */
    bool owned;             /* becomes the domain's, not the hypervisor's */
    bool counted;           /* and claims apply */
    bool exact;
    uint64_t node; /* NO_NODE: none named */
    uint64_t gfn;  /* where the domain will see them, if they become its own */
    unsigned int order;
};
#define NO_NODE 0xffU
/* Where they come from, and which: index of the first page, -1 when nothing can be had. The pages are taken,
 * claims redeemed. */
long take_pages(struct model *m, const struct request *q, look_fn *look);

typedef bool model_fn(struct model *m, const struct args *a, look_fn *look, struct outcome *r);
model_fn model_claim, model_claims, model_claim_pages;
model_fn model_populate, model_noref, model_release, model_exchange;
model_fn model_offline, model_online;
model_fn model_domain, model_host, model_max, model_affinity, model_destroy, model_dying, model_state,
    model_test, model_nothing;
