/* SPDX-License-Identifier: MIT */
/* Offlining and onlining: pages leave and come back, the splitter, recall. Spec section 9. */
#include "host_log.h"
#include "mm_test.h"
#include "offline.h"

#define PAGES 8

static struct pair *p;

static int begin(void **state)
{
    (void)state;
    p = pair_make(PAGES, PAGES);
    return 0;
}

static mfn_t frame(nodeid_t node, unsigned int i)
{
    return mfn(machine_node_range(node).start.v + i);
}

/* A page that must be in use: take it, and say how it went. */
static enum offline_outcome offline(nodeid_t node, unsigned int i)
{
    enum offline_outcome outcome = heap_offline_page(frame(node, i), false).outcome;

    assert_true(heap_check());
    return outcome;
}

static enum offline_outcome online(nodeid_t node, unsigned int i)
{
    enum offline_outcome outcome = heap_online_page(frame(node, i)).outcome;

    assert_true(heap_check());
    return outcome;
}

static int end(void **state)
{
    (void)state;
    domain_mem_kill(&p->d1);
    domain_mem_kill(&p->d2);
    while (domain_relinquish_pages(&p->d1, 100) || domain_relinquish_pages(&p->d2, 100))
        ;
    for (nodeid_t node = 0; node < 2; node++)
        for (unsigned int i = 0; i < PAGES; i++)
            if (heap_query_page(frame(node, i)).outcome == OFFLINE_DONE &&
                !heap_query_page(frame(node, i)).broken)
                assert_int_equal(online(node, i), ONLINE_DONE);
    machine_destroy();
    free(p);
    return 0;
}

static unsigned long dirty(void)
{
    struct heap_info info;

    heap_info(&info);
    return info.dirty_pages;
}

static bool allocates(unsigned int order, nodeid_t node)
{
    struct page_info *pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, order, MEMF_no_owner | exact(node), NULL);

    if (pg)
        free_heap_pages(pg, order);
    return pg;
}

/* In ascending and in descending order, clean and dirty: what stays is free, merged, and counted. */
static void carve_mask(unsigned int mask, bool descending, bool clean)
{
    if (clean)
        heap_scrub_slice(0, PAGES);
    for (unsigned int k = 0; k < PAGES; k++) {
        unsigned int i = descending ? PAGES - 1 - k : k;

        if (mask >> i & 1)
            assert_int_equal(offline(0, i), OFFLINE_DONE);
    }
    assert_host(2 * PAGES - count_bits(mask), 0, PAGES - count_bits(mask), PAGES, 0, 0);
    for (unsigned int order = 0; order <= 3; order++) {
        bool whole = false;

        for (unsigned int i = 0; i < PAGES; i += 1U << order)
            whole |= !(mask >> i & ((1U << (1U << order)) - 1));
        assert_int_equal(allocates(order, 0), whole);
    }
    for (unsigned int i = 0; i < PAGES; i++) {
        assert_int_equal(heap_query_page(frame(0, i)).outcome, mask >> i & 1 ? OFFLINE_DONE : ONLINE_NOTHING);
        assert_int_equal(online(0, i), mask >> i & 1 ? ONLINE_DONE : ONLINE_NOTHING);
    }
    assert_true(allocates(3, 0));
}

static void every_mask_of_an_order_3_block(void **state)
{
    (void)state;
    for (unsigned int mask = 0; mask < 1U << PAGES; mask++)
        for (unsigned int way = 0; way < 4; way++)
            carve_mask(mask, way & 1, way & 2);
}

/* The same for marks on a used block that is then freed as a whole. */
static void every_mask_of_a_used_block(void **state)
{
    (void)state;
    for (unsigned int mask = 0; mask < 1U << PAGES; mask++) {
        struct page_info *pg = alloc_domheap_pages(&p->d1, 3, exact(0));

        for (unsigned int i = 0; i < PAGES; i++)
            if (mask >> i & 1)
                assert_int_equal(offline(0, i), OFFLINE_PENDING);
        assert_host(PAGES, 0, 0, PAGES, 0, 0);
        free_domheap_pages(&p->d1, pg, 3);
        assert_host(2 * PAGES - count_bits(mask), 0, PAGES - count_bits(mask), PAGES, 0, 0);
        for (unsigned int i = 0; i < PAGES; i++)
            assert_int_equal(online(0, i), mask >> i & 1 ? ONLINE_DONE : ONLINE_NOTHING);
        assert_true(allocates(3, 0));
    }
}

static void a_used_page_says_whose_it_is(void **state)
{
    struct page_info *pg = alloc_domheap_pages(&p->d2, 0, exact(0));
    struct offline_result r = heap_offline_page(page_to_mfn(pg), false);

    (void)state;
    assert_int_equal(r.outcome, OFFLINE_PENDING);
    assert_int_equal(r.owner, 2);
    assert_int_equal(heap_query_page(page_to_mfn(pg)).outcome, OFFLINE_PENDING);
    assert_int_equal(heap_offline_page(page_to_mfn(pg), false).outcome, OFFLINE_PENDING); /* counted once */
    assert_domain(&p->d2, 1, 0, 0, 0);
    free_domheap_pages(&p->d2, pg, 0);
    assert_int_equal(heap_query_page(page_to_mfn(pg)).outcome, OFFLINE_DONE);
    assert_host(2 * PAGES - 1, 0, PAGES - 1, PAGES, 0, 0);
}

static void a_mark_can_be_taken_back(void **state)
{
    struct page_info *pg = alloc_domheap_pages(&p->d1, 0, exact(0));
    struct heap_info info;

    (void)state;
    heap_offline_page(page_to_mfn(pg), false);
    heap_info(&info);
    assert_int_equal(info.pending_pages, 1);
    assert_int_equal(heap_online_page(page_to_mfn(pg)).outcome, ONLINE_DONE);
    assert_int_equal(heap_online_page(page_to_mfn(pg)).outcome, ONLINE_NOTHING);
    free_domheap_pages(&p->d1, pg, 0);
    assert_host(2 * PAGES, 0, PAGES, PAGES, 0, 0);
}

/* It leaves when the last reference goes, not when its owner gives it up. */
static void a_page_that_others_map(void **state)
{
    struct page_info *pg = alloc_domheap_pages(&p->d1, 0, exact(0));

    (void)state;
    assert_true(get_page(pg, &p->d1));
    heap_offline_page(page_to_mfn(pg), false);
    free_domheap_pages(&p->d1, pg, 0);
    assert_int_equal(heap_query_page(page_to_mfn(pg)).outcome, OFFLINE_PENDING);
    put_page(&p->d1, pg);
    assert_int_equal(heap_query_page(page_to_mfn(pg)).outcome, OFFLINE_DONE);
    assert_host(2 * PAGES - 1, 0, PAGES - 1, PAGES, 0, 0);
}

static void a_broken_page_stays_away(void **state)
{
    struct page_info *pg = alloc_domheap_pages(&p->d1, 0, exact(1));

    (void)state;
    assert_int_equal(heap_offline_page(frame(0, 3), true).outcome, OFFLINE_DONE);
    assert_int_equal(online(0, 3), ONLINE_BROKEN);
    assert_true(heap_offline_page(page_to_mfn(pg), true).broken);
    assert_int_equal(heap_online_page(page_to_mfn(pg)).outcome, ONLINE_BROKEN);
    free_domheap_pages(&p->d1, pg, 0);
    assert_true(heap_query_page(page_to_mfn(pg)).broken);
    assert_int_equal(heap_online_page(page_to_mfn(pg)).outcome, ONLINE_BROKEN);
    offline(0, 4);
    assert_true(heap_offline_page(frame(0, 4), true).broken); /* told later */
    assert_int_equal(online(0, 4), ONLINE_BROKEN);
    assert_host(2 * PAGES - 3, 0, PAGES - 2, PAGES - 1, 0, 0);
}

static void what_is_not_the_heaps(void **state)
{
    (void)state;
    assert_int_equal(heap_offline_page(mfn(0), false).outcome, OFFLINE_NOT_RAM);
    assert_int_equal(heap_offline_page(mfn(UINT64_MAX), true).outcome, OFFLINE_NOT_RAM);
    assert_int_equal(heap_online_page(mfn(machine_node_range(1).end.v)).outcome, OFFLINE_NOT_RAM);
    assert_int_equal(heap_query_page(mfn(1UL << 40)).outcome, OFFLINE_NOT_RAM);
}

/* Clean pages in front of a dirty rest: the carved page takes with it just what it was. */
static void dirty_pages_leave_the_count(void **state)
{
    (void)state;
    heap_scrub_slice(0, 2 * PAGES);
    free_heap_pages(alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 3, MEMF_no_owner | exact(0), NULL), 3);
    assert_int_equal(heap_scrub_slice(0, 3), 3);
    assert_int_equal(dirty(), 5);
    offline(0, 1);
    assert_int_equal(dirty(), 5);
    offline(0, 6);
    assert_int_equal(dirty(), 4);
    online(0, 1);
    online(0, 6);
    assert_in_range(dirty(), 6, PAGES); /* both are dirty; what merges behind them counts as dirty, too */
}

/* Nobody sees what was in a page before it went offline. */
static void an_onlined_page_is_scrubbed(void **state)
{
    const uint64_t *word = mfn_to_virt(frame(0, 5));
    struct page_info *pg;

    (void)state;
    heap_scrub_slice(0, 2 * PAGES);
    offline(0, 5);
    memset(mfn_to_virt(frame(0, 5)), 0x5a, PAGE_SIZE);
    online(0, 5);
    pg = alloc_domheap_pages(&p->d1, 3, exact(0));
    assert_non_null(pg);
    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
        assert_int_equal(word[i], 0);
}

static void node_claims_go_first(void **state)
{
    (void)state;
    assert_int_equal(claim(&p->d1, E(PAGES, 0), E(2, HOST)), 0);
    assert_int_equal(claim(&p->d2, E(PAGES - 2, 1)), 0);
    offline(0, 0);
    assert_domain(&p->d1, 0, 2, PAGES - 1, 0);
    assert_domain(&p->d2, 0, 0, 0, PAGES - 2);
    offline(1, 0); /* still two more than node 1's claim */
    assert_domain(&p->d1, 0, 1, PAGES - 1, 0);
    assert_domain(&p->d2, 0, 0, 0, PAGES - 2);
    assert_int_equal(p->d1.recalled_pages, 2);
    assert_int_equal(p->d2.recalled_pages, 0);
}

static void the_largest_claim_loses_then_the_highest_id(void **state)
{
    struct heap_info info;

    (void)state;
    assert_int_equal(claim(&p->d1, E(5, 0)), 0);
    assert_int_equal(claim(&p->d2, E(3, 0)), 0);
    for (unsigned int i = 0; i < 2; i++)
        offline(0, i);
    assert_domain(&p->d1, 0, 0, 3, 0);
    assert_domain(&p->d2, 0, 0, 3, 0);
    offline(0, 7);
    assert_domain(&p->d1, 0, 0, 3, 0);
    assert_domain(&p->d2, 0, 0, 2, 0);
    heap_info(&info);
    assert_int_equal(info.recalled_claims, 3);
    assert_int_equal(info.node_offlined[0], 3);
}

static void a_pending_page_recalls_nothing(void **state)
{
    struct page_info *pg = alloc_domheap_pages(&p->d1, 0, exact(0));

    (void)state;
    assert_int_equal(claim(&p->d2, E(PAGES - 1, 0), E(PAGES, 1)), 0);
    heap_offline_page(page_to_mfn(pg), false);
    free_domheap_pages(&p->d1, pg, 0);
    assert_host(2 * PAGES - 1, 2 * PAGES - 1, PAGES - 1, PAGES, PAGES - 1, PAGES);
    assert_int_equal(p->d2.recalled_pages, 0);
}

static unsigned int nr_lines, nr_locked;

static void count_lines(const char *s, size_t n)
{
    (void)n;
    nr_lines += strstr(s, "offline") || strstr(s, "online");
    nr_locked += spin_is_mine(&heap_lock);
}

/* However many pages leave, one call says it in one line, and not while others wait for heap_lock. */
static void said_once(void **state)
{
    struct page_info *pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 2, exact(0) | MEMF_no_scrub, NULL);
    const mfn_t m = page_to_mfn(pg);

    (void)state;
    host_log_sink = count_lines;
    nr_lines = nr_locked = 0;
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(heap_offline_page(mfn(m.v + i), false).outcome, OFFLINE_PENDING);
    assert_int_equal(nr_lines, 0);
    free_heap_pages(pg, 2);
    assert_int_equal(nr_lines, 1);
    assert_int_equal(heap_online_page(m).outcome, ONLINE_DONE);
    assert_int_equal(nr_lines, 2);
    assert_int_equal(heap_offline_page(m, false).outcome, OFFLINE_DONE);
    assert_int_equal(nr_lines, 3);
    assert_int_equal(nr_locked, 0);
    host_log_sink = NULL;
}

/* 4 used pages: no more can be marked; and no more of a node can be offline than is not free. */
static void miscounts_are_noticed(void **state)
{
    struct page_info *pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 2, exact(0) | MEMF_no_scrub, NULL);

    (void)state;
    spin_lock(&heap_lock);
    pending_pages += 5;
    spin_unlock(&heap_lock);
    assert_false(heap_check());
    spin_lock(&heap_lock);
    pending_pages -= 5;
    node_offlined_pages[0] += 5;
    spin_unlock(&heap_lock);
    assert_false(heap_check());
    spin_lock(&heap_lock);
    node_offlined_pages[0] -= 5;
    spin_unlock(&heap_lock);
    assert_true(heap_check());
    free_heap_pages(pg, 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(every_mask_of_an_order_3_block),
        T(every_mask_of_a_used_block),
        T(a_used_page_says_whose_it_is),
        T(a_mark_can_be_taken_back),
        T(a_page_that_others_map),
        T(a_broken_page_stays_away),
        T(what_is_not_the_heaps),
        T(dirty_pages_leave_the_count),
        T(an_onlined_page_is_scrubbed),
        T(node_claims_go_first),
        T(the_largest_claim_loses_then_the_highest_id),
        T(a_pending_page_recalls_nothing),
        T(said_once),
        T(miscounts_are_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
