/* SPDX-License-Identifier: MIT */
/* What management calls and the hypervisor itself do to domains that others are working on. */
#include "soup.h"

#include "error.h"

#define HELD 8U

static void claim_anything(struct worker *w, struct slot *s)
{
    const struct xen_memory_claim sets[][2] = {
        {E(pick(w, 128), 0), E(pick(w, 128), HOST)},
        {E(pick(w, 64), 2), E(pick(w, 128), 1)},
        {E(pick(w, 300), HOST), E(pick(w, 100), 1)},
        {E(0, HOST), E(0, 0)},
    };
    int rc = one_in(w, 8) ? domain_set_legacy_claim(&s->d, pick(w, 200))
                          : domain_set_claim_entries(&s->d, 2, sets[pick(w, ARRAY_SIZE(sets))]);

    expect(rc == 0 || rc == -ENOMEM || rc == -EINVAL || rc == -ESRCH, "claim: error %d", -rc);
    rc ? w->refused++ : w->granted++;
}

static void allocate_anything(struct worker *w, struct slot *s)
{
    unsigned int order = (unsigned int)pick(w, 6), node = (unsigned int)pick(w, 2 * NR_NODES);
    struct page_info *pg = slot_alloc_wild(
        s, order, node < NR_NODES ? MEMF_node(node) | (one_in(w, 2) ? MEMF_exact_node : 0) : 0);

    if (pg)
        box_put(w, s, pg, order);
}

static void change_max(struct worker *w, struct slot *s)
{
    domain_set_max_pages(&s->d, one_in(w, 2) ? MAX_PAGES : pick(w, 300));
}

static void change_affinity(struct worker *w, struct slot *s)
{
    nodemask_t mask = 1 + pick(w, (1U << NR_NODES) - 1);

    WRITE_ONCE(s->d.node_affinity, mask);
    WRITE_ONCE(s->d.auto_node_affinity, mask == node_online_map);
}

/* Pages for tables come and go while the pool grows and shrinks. */
static void use_pool(struct worker *w, struct slot *s)
{
    struct page_info *pg;
    int rc = paging_set_allocation(&s->d, pick(w, 24));

    expect(rc == 0 || rc == -ENOMEM || rc == -EBUSY || rc == -ESRCH || rc == -ERESTART, "pool: error %d",
           -rc);
    pg = paging_alloc_page(&s->d);
    perturb();
    if (pg)
        paging_free_page(&s->d, pg);
}

static void read_claims(struct worker *w, struct slot *s)
{
    struct xen_memory_claim set[NR_NODES + 1];
    unsigned int nr = (unsigned int)pick(w, ARRAY_SIZE(set) + 1);
    int rc = domain_get_claim_entries(&s->d, &nr, set);

    expect(rc == 0 || rc == -ERANGE || rc == -ESRCH, "claims: error %d", -rc);
    expect(rc != 0 || set[0].target == HOST, "the first record is %#x", set[0].target);
}

static void relinquish(struct worker *w, struct slot *s)
{
    if (one_in(w, 50))
        domain_relinquish_pages(&s->d, 1 + pick(w, 40));
}

void wild(struct worker *w)
{
    static void (*const deeds[])(struct worker * w, struct slot * s) = {
        claim_anything,  allocate_anything, allocate_anything, allocate_anything, change_max,
        change_affinity, use_pool,          read_claims,       relinquish,
    };

    while (crew_goes_on(w)) {
        struct slot *s = pin_wild(w);

        for (uint64_t i = s ? pick(w, 30) : 0; i; i--)
            deeds[pick(w, ARRAY_SIZE(deeds))](w, s);
        if (s)
            slot_unpin(s);
    }
}

void taker(struct worker *w)
{
    while (crew_goes_on(w)) {
        struct slot *s = pin_wild(w);
        unsigned int order = (unsigned int)pick(w, 4);
        struct page_info *pg;

        if (!s)
            continue;
        pg = one_in(w, 2) ? slot_alloc_wild(s, order, 0) : NULL;
        if (pg) {
            box_put(w, s, pg, order);
            w->granted++;
        } else if ((pg = box_take(w, s, &order))) {
            free_domheap_pages(&s->d, pg, order);
        }
        slot_unpin(s);
    }
}

/* The hypervisor's own pages and those that are not counted: from unclaimed memory only. */
void thief(struct worker *w)
{
    struct held {
        struct page_info *pg;
        unsigned int order;
    } held[HELD] = {{0}};

    while (crew_goes_on(w)) {
        struct held *h = &held[pick(w, HELD)];

        if (h->pg)
            free_heap_pages(h->pg, h->order);
        h->order = (unsigned int)pick(w, 6);
        h->pg = alloc_domheap_pages(NULL, h->order, one_in(w, 2) ? exact(pick(w, NR_NODES)) : 0);
        h->pg ? w->granted++ : w->refused++;
    }
    for (unsigned int i = 0; i < HELD; i++)
        if (held[i].pg)
            free_heap_pages(held[i].pg, held[i].order);
}
