/* SPDX-License-Identifier: MIT */
/* Quotas, claims and pages in every order of events: I4 holds as spec section 2 says after each of them.
 *
 * I4: claims + pages <= max_pages while claims exist, unless max_pages was lowered afterwards. A model that
 * counts pages of one domain on one node says what each event has to return. */
#include "mm_test.h"
#include <stdio.h>

#define MACHINE 16UL
#define DEPTH   5

/* What one domain has, in plain numbers. */
struct model {
    unsigned long max, pages, claims;
    bool lowered; /* below pages + claims, since the last claim */
};

struct world {
    struct domain_mem d;
    struct model m;
};

static unsigned long unclaimed(const struct world *w)
{
    return MACHINE - w->m.pages - w->m.claims;
}

static bool set_max(struct world *w, unsigned long max)
{
    domain_set_max_pages(&w->d, max);
    w->m.max = max;
    w->m.lowered = w->m.pages + w->m.claims > max;
    return true;
}

static bool set_claim(struct world *w, unsigned long pages)
{
    int expected = 0, rc = claim(&w->d, E(pages, 0));

    /* The node comes first, then the quota; a release always passes. */
    if (pages > unclaimed(w) + w->m.claims)
        expected = -ENOMEM;
    else if (pages && pages + w->m.pages > w->m.max)
        expected = -EINVAL;
    if (rc == 0) {
        w->m.claims = pages;
        w->m.lowered = false;
    }
    return rc == expected;
}

/* Blocks of 2^ORDER until one is refused; all claims may be used, and are redeemed first. */
static bool allocate(struct world *w, unsigned int count, unsigned int order)
{
    for (; count; count--) {
        const unsigned long pages = 1UL << order;
        bool expected = w->m.pages + pages <= w->m.max && pages <= unclaimed(w) + w->m.claims;
        bool got = alloc_domheap_pages(&w->d, order, 0);

        if (got != expected)
            return false;
        if (got) {
            w->m.claims -= MIN(w->m.claims, pages);
            w->m.pages += pages;
        }
    }
    return true;
}

static bool release(struct world *w, unsigned long count)
{
    for (; count && w->m.pages; count--) {
        free_domheap_pages(&w->d, &frame_table[w->d.pages.head], 0);
        w->m.pages--;
    }
    return true;
}

static bool exchange_one(struct world *w)
{
    struct page_list taken;
    struct page_info *pg = alloc_domheap_pages(&w->d, 0, MEMF_no_owner);

    if ((pg != NULL) != (unclaimed(w) > 0))
        return false;
    if (pg && !w->m.pages)
        free_heap_pages(pg, 0);
    if (!pg || !w->m.pages)
        return true;
    page_list_init(&taken);
    rspin_lock(&w->d.page_alloc_lock);
    assert_true(steal_domain_pages(&w->d, &frame_table[w->d.pages.head], 0, &taken));
    assign_domain_block(&w->d, pg);
    rspin_unlock(&w->d.page_alloc_lock);
    free_heap_pages(page_list_pop(&taken), 0);
    return true;
}

static bool max_4(struct world *w)
{
    return set_max(w, 4);
}

static bool max_10(struct world *w)
{
    return set_max(w, 10);
}

static bool claim_6(struct world *w)
{
    return set_claim(w, 6);
}

static bool claim_3(struct world *w)
{
    return set_claim(w, 3);
}

static bool claim_0(struct world *w)
{
    return set_claim(w, 0);
}

static bool populate_5(struct world *w)
{
    return allocate(w, 5, 0);
}

static bool populate_4_at_once(struct world *w)
{
    return allocate(w, 1, 2);
}

static bool release_3(struct world *w)
{
    return release(w, 3);
}

static const struct {
    const char *name;
    bool (*run)(struct world *w);
} events[] = {
    {"max 4", max_4},
    {"max 10", max_10},
    {"claim 6", claim_6},
    {"claim 3", claim_3},
    {"claim 0", claim_0},
    {"populate 5", populate_5},
    {"populate a block of 4", populate_4_at_once},
    {"release 3", release_3},
    {"exchange 1", exchange_one},
};
#define NR_EVENTS ARRAY_SIZE(events)

/* Does the domain have what the model says, and is I4 as it should be? */
static bool agrees(struct world *w)
{
    struct domain_mem_info info;

    domain_mem_info(&w->d, &info);
    return heap_check() && info.tot_pages == w->m.pages && info.outstanding_pages == w->m.claims &&
           (!w->m.claims || w->m.lowered || w->m.pages + w->m.claims <= w->m.max);
}

static void play(unsigned long sequence)
{
    struct world *w = calloc(1, sizeof(*w));
    unsigned long left = sequence;

    domain_make(&w->d, 1);
    set_max(w, 8);
    for (unsigned int i = 0; i < DEPTH; i++, left /= NR_EVENTS) {
        bool expected = events[left % NR_EVENTS].run(w);

        if (expected && agrees(w))
            continue;
        for (unsigned int k = 0; k <= i; k++, sequence /= NR_EVENTS)
            print_message("%s\n", events[sequence % NR_EVENTS].name);
        fail_msg("expected %lu pages, %lu claimed, max %lu; seen %lu and %lu; %s", w->m.pages, w->m.claims,
                 w->m.max, w->d.tot_pages, w->d.outstanding_pages,
                 expected ? "the counters differ" : "the last event returned something else");
    }
    domain_end(&w->d);
    free(w);
}

static void every_order(void **state UNUSED)
{
    unsigned long sequences = 1;

    for (unsigned int i = 0; i < DEPTH; i++)
        sequences *= NR_EVENTS;
    machine(MACHINE);
    for (unsigned long s = 0; s < sequences; s++)
        play(s);
    machine_destroy();
    print_message("%lu orders of %d events\n", sequences, DEPTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
