/* SPDX-License-Identifier: MIT */
/* Builders over mm/: claim, and get every page that was granted, whatever all others do meanwhile. */
#include "error.h"
#include "ledger.h"
#include "soup.h"

#define MAX_ENTRIES (NR_NODES + 1)

struct build {
    struct worker *w;
    struct slot *s;
    struct ledger ledger;
};

/* Each target once at most, in any order, at least one; sizes that several builders can have at once. */
static unsigned int random_set(struct worker *w, struct xen_memory_claim *set)
{
    unsigned int nr = 0;

    for (uint32_t n = 0; n < NR_NODES; n++)
        if (one_in(w, 2))
            set[nr++] = E(pick(w, one_in(w, 4) ? 200 : 40), n);
    if (!nr || one_in(w, 2))
        set[nr++] = E(pick(w, one_in(w, 4) ? 300 : 60), HOST);
    return nr;
}

static void claim_something(struct build *b)
{
    struct xen_memory_claim set[MAX_ENTRIES];
    unsigned int nr = random_set(b->w, set);
    int rc = domain_set_claim_entries(&b->s->d, nr, set);

    expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
    if (rc == 0)
        ledger_set(&b->ledger, nr, set);
    rc ? b->w->refused++ : b->w->granted++;
    ledger_compare(&b->ledger, &b->s->d);
}

/* One allocation, counted in the ledger; the block is left to the freers. */
static bool allocate(struct build *b, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = slot_alloc(b->w, b->s, order, memflags);

    if (pg) {
        ledger_redeem(&b->ledger, 1UL << order, READ_ONCE(pg->node));
        box_put(b->w, b->s, pg, order);
    }
    ledger_compare(&b->ledger, &b->s->d);
    return pg != NULL;
}

/* To the last page, one by one: what the ledger still has after a refusal was not recalled, so it is owed. */
static void redeem_all(struct build *b)
{
    for (nodeid_t n = 0; n < NR_NODES; n++)
        while (b->ledger.node[n])
            expect(allocate(b, 0, exact(n)) || !b->ledger.node[n], "node %u: refused with %lu pages claimed",
                   n, b->ledger.node[n]);
    while (ledger_total(&b->ledger))
        expect(allocate(b, 0, 0) || !ledger_total(&b->ledger), "refused with %lu pages claimed",
               ledger_total(&b->ledger));
}

/* The host-wide part may be met by any node: begin with it, ask for more than claims promise. */
static void redeem_some(struct build *b)
{
    for (uint64_t i = pick(b->w, 20); i; i--) {
        unsigned int node = (unsigned int)pick(b->w, 2 * NR_NODES);

        allocate(b, (unsigned int)pick(b->w, 5), node < NR_NODES ? exact(node) : 0);
    }
}

static void release_all(struct build *b)
{
    const struct xen_memory_claim none = E(0, HOST);

    expect(domain_set_claim_entries(&b->s->d, 1, &none) == 0, "a release fails");
    ledger_set(&b->ledger, 1, &none);
    ledger_compare(&b->ledger, &b->s->d);
}

static void build_one(struct build *b)
{
    b->ledger = (struct ledger){0};
    for (uint64_t i = 1 + pick(b->w, 8); i && crew_goes_on(b->w); i--) {
        claim_something(b);
        if (one_in(b->w, 2))
            redeem_some(b);
        if (one_in(b->w, 4))
            claim_something(b);
        if (one_in(b->w, 2))
            redeem_all(b);
        else if (one_in(b->w, 2))
            release_all(b);
    }
}

/* ARG is its own place; there others may free and map, but not claim. */
void builder(struct worker *w)
{
    struct build b = {.w = w, .s = w->arg};

    while (crew_goes_on(w)) {
        expect(slot_pin(b.s), "nobody else replaces this domain");
        build_one(&b);
        slot_unpin(b.s);
        slot_replace(b.s);
    }
}
