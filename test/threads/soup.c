/* SPDX-License-Identifier: MIT */
/* The roles that take part in every soup: freers, mappers, destroyers, readers. */
#include "soup.h"

#define HELD  8U  /* references that one worker has at most */
#define KNOWN 64U /* pages that it remembers */

static struct slot *pin_from(struct worker *w, unsigned int first)
{
    struct slot *s = slot_at(first + (unsigned int)pick(w, nr_slots() - first));

    perturb();
    return slot_pin(s) ? s : NULL;
}

struct slot *pin_wild(struct worker *w)
{
    return pin_from(w, NR_BUILDERS);
}

struct slot *pin_any(struct worker *w)
{
    return pin_from(w, 0);
}

/* A block, or its parts from the end on, so that it is split. */
static void free_in_pieces(struct worker *w, struct slot *s, struct page_info *pg, unsigned int order)
{
    unsigned int part = (unsigned int)pick(w, order + 1U);

    for (unsigned long left = 1UL << (order - part); left--; w->granted++)
        free_domheap_pages(&s->d, pg + (left << part), part);
}

void freer(struct worker *w)
{
    while (crew_goes_on(w)) {
        struct slot *s = pin_any(w);
        unsigned int order;

        for (uint64_t i = s ? pick(w, MAIL) : 0; i; i--) {
            struct page_info *pg = box_take(w, s, &order);

            if (pg)
                free_in_pieces(w, s, pg, order);
        }
        if (s)
            slot_unpin(s);
    }
}

/* A page of the domain: one that is there now, or one that was there earlier and may be anybody's since. */
static struct page_info *guess_page(struct worker *w, struct slot *s, struct page_info **known)
{
    struct page_info **old = &known[pick(w, KNOWN)], *pg = box_look(w, s);

    if (*old && one_in(w, 2))
        return *old;
    if (pg)
        *old = pg;
    return pg;
}

/* Hold references on some pages of this domain for a while. */
static void map_some(struct worker *w, struct slot *s, struct page_info **known)
{
    struct page_info *held[HELD];
    unsigned int nr = 0;

    for (uint64_t i = pick(w, MAIL); i && nr < HELD; i--) {
        struct page_info *pg = guess_page(w, s, known);

        if (pg && get_page(pg, &s->d)) {
            expect_mark(s, pg);
            held[nr++] = pg;
            w->granted++;
        }
    }
    perturb();
    while (nr) {
        expect_mark(s, held[--nr]);
        put_page(&s->d, held[nr]);
    }
}

void mapper(struct worker *w)
{
    struct page_info *known[KNOWN] = {NULL};

    while (crew_goes_on(w)) {
        struct slot *s = pin_any(w);

        if (!s)
            continue;
        map_some(w, s, known);
        slot_unpin(s);
    }
}

void destroyer(struct worker *w)
{
    while (crew_goes_on(w)) {
        slot_replace(slot_at(NR_BUILDERS + (unsigned int)pick(w, nr_slots() - NR_BUILDERS)));
        for (uint64_t i = pick(w, 200); i; i--)
            perturb();
    }
}

void scrubber(struct worker *w)
{
    while (crew_goes_on(w)) {
        w->granted += heap_scrub_slice(0, 1 + pick(w, 32));
        perturb();
    }
}

void checker(struct worker *w)
{
    while (crew_goes_on(w)) {
        expect(heap_check(), "an invariant is broken");
        for (uint64_t i = pick(w, 50); i; i--)
            perturb();
    }
}

/* I1, I2 and I5 of one snapshot, and what may not change. */
static void check_snapshot(const struct heap_info *info)
{
    unsigned long avail = 0, claimed = 0;

    for (unsigned int n = 0; n < MAX_NUMNODES; n++) {
        expect(info->node_claimed[n] <= info->node_avail[n], "I2: node %u: %lu claimed of %lu", n,
               info->node_claimed[n], info->node_avail[n]);
        expect(info->node_avail[n] <= info->node_total[n], "node %u: %lu free of %lu", n, info->node_avail[n],
               info->node_total[n]);
        avail += info->node_avail[n];
        claimed += info->node_claimed[n];
    }
    expect(avail == info->avail_pages, "I5: %lu free, nodes have %lu", info->avail_pages, avail);
    expect(claimed <= info->claimed_pages, "%lu claimed, nodes have %lu", info->claimed_pages, claimed);
    expect(info->claimed_pages <= avail, "I1: %lu claimed of %lu", info->claimed_pages, avail);
    expect(info->dirty_pages <= avail, "%lu dirty of %lu", info->dirty_pages, avail);
}

/* I3, and I4 where nobody changes max_pages. */
static void check_domain(struct slot *s)
{
    struct domain_mem_info info;

    domain_mem_info(&s->d, &info);
    expect(info.node_claims <= info.outstanding_pages, "I3: d%u: %lu on nodes of %lu", s->d.domid,
           info.node_claims, info.outstanding_pages);
    expect(info.max_pages != MAX_PAGES || info.outstanding_pages + info.tot_pages <= MAX_PAGES,
           "I4: d%u: %lu claimed, %lu owned", s->d.domid, info.outstanding_pages, info.tot_pages);
}

void reader(struct worker *w)
{
    while (crew_goes_on(w)) {
        struct heap_info info;
        struct slot *s = pin_any(w);

        heap_info(&info);
        check_snapshot(&info);
        if (s)
            check_domain(s);
        if (s)
            slot_unpin(s);
    }
}

void snapshots(struct worker *w)
{
    while (crew_goes_on(w)) {
        struct heap_info info;

        heap_info(&info);
        check_snapshot(&info);
    }
}
