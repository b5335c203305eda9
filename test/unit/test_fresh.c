/* SPDX-License-Identifier: MIT */
/* Blocks of the largest order, 1 GiB, that were never on a list: found by offlining and by the scrubber too.
 */
#include "mm_test.h"
#include "offline.h"

#define BLOCK (1UL << MAX_ORDER)

static unsigned long available(void)
{
    struct heap_info info;

    heap_info(&info);
    assert_true(heap_check());
    return info.avail_pages;
}

static unsigned long dirty(void)
{
    struct heap_info info;

    heap_info(&info);
    return info.dirty_pages;
}

static int begin(void **state)
{
    (void)state;
    machine(2 * BLOCK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    machine_destroy();
    return 0;
}

/* The last page of the second block, then the first of the first one. */
static void a_page_leaves_and_returns(void **state)
{
    const uint64_t first = machine_node_range(0).start.v;
    const mfn_t page[] = {mfn(first + 2 * BLOCK - 1), mfn(first)};

    (void)state;
    assert_int_equal(available(), 2 * BLOCK);
    for (unsigned int i = 0; i < ARRAY_SIZE(page); i++) {
        assert_int_equal(heap_offline_page(page[i], false).outcome, OFFLINE_DONE);
        assert_int_equal(available(), 2 * BLOCK - i - 1);
        assert_int_equal(dirty(), 2 * BLOCK - i - 1);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(page); i++)
        assert_int_equal(heap_online_page(page[i]).outcome, ONLINE_DONE);
    assert_int_equal(available(), 2 * BLOCK);
    assert_int_equal(dirty(), 2 * BLOCK);
}

static void the_scrubber_finds_them(void **state)
{
    (void)state;
    assert_int_equal(dirty(), 2 * BLOCK);
    assert_int_equal(heap_scrub_slice(0, 100), 100);
    assert_int_equal(dirty(), 2 * BLOCK - 100);
    assert_int_equal(available(), 2 * BLOCK);
}

/* A zone of which nothing is on a list yet has room for the longest run. */
static void a_run_comes_from_them(void **state)
{
    struct domain_mem d;
    unsigned int order = 9;
    struct page_info *pg;

    (void)state;
    domain_make(&d, 1);
    pg = alloc_domheap_run(&d, &order, MEMF_node(0) | MEMF_no_scrub);
    assert_non_null(pg);
    assert_int_equal(order, 9);
    assert_int_equal(available(), 2 * BLOCK - 512);
    domain_end(&d);
    assert_int_equal(available(), 2 * BLOCK);
}

/* Blocks below 4 GiB are the low zone's, on its lists or not yet. */
static void the_low_zone_counts_them(void **state)
{
    const struct machine_config config = {.nr_nodes = 1, .pages = {3 * BLOCK}, .first_mfn = 2 * BLOCK};
    struct page_info *pg;

    (void)state;
    machine_create(&config);
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(heap_avail_zone(0, ZONE_LOW), 2 * BLOCK);
        assert_int_equal(heap_avail_zone(0, ZONE_HIGH), BLOCK);
        pg = alloc_heap_pages(ZONE_LOW, ZONE_LOW, 0, MEMF_no_scrub, NULL);
        assert_non_null(pg);
        assert_int_equal(heap_avail_zone(0, ZONE_LOW), 2 * BLOCK - 1);
        assert_int_equal(heap_avail_zone(0, ZONE_HIGH), BLOCK);
        free_heap_pages(pg, 0);
    }
    machine_destroy();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_page_leaves_and_returns),
        T(the_scrubber_finds_them),
        T(a_run_comes_from_them),
        cmocka_unit_test(the_low_zone_counts_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
