/* SPDX-License-Identifier: MIT */
/* The buddy mechanism: splitting, merging, dirt, edges; under a heap_lock that nobody else wants. */
#include "mm_test.h"

#include "buddy.h"

static struct node_heap *const n0 = &node_heap[0];

static int take_lock(void **state) NO_LOCK_CHECK
{
    (void)state;
    machine(64, 64);
    spin_lock(&heap_lock);
    return 0;
}

static int drop_lock(void **state) NO_LOCK_CHECK
{
    (void)state;
    spin_unlock(&heap_lock);
    machine_destroy();
    return 0;
}

static struct page_info *take(nodeid_t node, unsigned int order) NO_LOCK_CHECK
{
    return buddy_take(node, ZONE_LOW, ZONE_HIGH, order);
}

static void put(struct page_info *pg, unsigned int order, bool dirty) NO_LOCK_CHECK
{
    buddy_put(pg, pg->node, order, dirty ? PGC_DIRTY : 0);
}

static void one_block_at_first(void **state)
{
    (void)state;
    assert_int_equal(n0->zone[ZONE_LOW].nonempty, 1U << 6);
    assert_int_equal(n0->zone[ZONE_HIGH].nonempty, 0);
    assert_int_equal(dirty_pages, 128);
}

static void split_and_merge_back(void **state)
{
    struct page_info *pg = take(0, 2);

    (void)state;
    assert_int_equal(page_to_mfn(pg).v, machine_node_range(0).start.v);
    assert_int_equal(n0->zone[ZONE_LOW].nonempty, 1U << 2 | 1U << 3 | 1U << 4 | 1U << 5);
    assert_int_equal(dirty_pages, 124);
    put(pg, 2, true);
    assert_int_equal(n0->zone[ZONE_LOW].nonempty, 1U << 6);
    assert_int_equal(dirty_pages, 128);
}

static void smallest_block_that_fits(void **state)
{
    struct page_info *a = take(0, 0), *b = take(0, 5), *c = take(0, 0);

    (void)state;
    assert_int_equal(c - a, 1);
    assert_int_equal(b - a, 32);
    assert_null(take(0, 5));
    assert_null(take(0, 6));
    assert_null(take(2, 0));
    put(a, 0, true);
    put(c, 0, true);
    put(b, 5, true);
    assert_int_equal(n0->zone[ZONE_LOW].nonempty, 1U << 6);
}

static void every_page_in_any_order(void **state)
{
    struct page_info *pages[64];

    (void)state;
    for (unsigned int i = 0; i < 64; i++) {
        pages[i] = take(0, 0);
        assert_non_null(pages[i]);
        assert_int_equal(pages[i] - pages[0], i);
    }
    assert_null(take(0, 0));
    assert_int_equal(dirty_pages, 64);
    for (unsigned int i = 0; i < 64; i++)
        put(pages[i * 37 % 64], 0, true);
    assert_int_equal(n0->zone[ZONE_LOW].nonempty, 1U << 6);
}

/* Of a merged block, what lies before the first dirty page stays clean, and the count of dirty pages says so.
 */
static void clean_and_dirty(void **state)
{
    struct page_info *a = take(0, 5), *b = take(0, 5);

    (void)state;
    put(a, 5, false);
    assert_int_equal(dirty_pages, 64);
    assert_false(a->count_info & PGC_DIRTY);
    b = &frame_table[page_to_mfn(b).v];
    put(b, 5, true);
    assert_int_equal(dirty_pages, 64 + 32);
    assert_int_equal(a->count_info & PGC_DIRT_MASK, PGC_DIRTY | 32);

    a = take(0, 4); /* four quarters: dirty, clean, -, - */
    b = take(0, 4);
    put(a, 4, true);
    put(b, 4, false);
    assert_int_equal(dirty_pages, 128);
    a = take(0, 6);
    assert_true(a->count_info & PGC_DIRTY);
    put(a, 6, false);
    assert_int_equal(dirty_pages, 64);
    assert_false(take(0, 3)->count_info & PGC_DIRTY);
}

/* Clean blocks of an order are handed out before dirty ones. */
static void clean_first(void **state)
{
    struct page_info *p[8];

    (void)state;
    for (unsigned int i = 0; i < 8; i++)
        p[i] = take(0, 3);
    put(p[0], 3, true);
    put(p[2], 3, false);
    put(p[4], 3, true);
    put(p[6], 3, false);
    assert_false(take(0, 3)->count_info & PGC_DIRTY);
    assert_false(take(0, 3)->count_info & PGC_DIRTY);
    assert_ptr_equal(take(0, 3), p[0]);
    assert_ptr_equal(take(0, 3), p[4]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_block_at_first, take_lock, drop_lock),
        cmocka_unit_test_setup_teardown(split_and_merge_back, take_lock, drop_lock),
        cmocka_unit_test_setup_teardown(smallest_block_that_fits, take_lock, drop_lock),
        cmocka_unit_test_setup_teardown(every_page_in_any_order, take_lock, drop_lock),
        cmocka_unit_test_setup_teardown(clean_and_dirty, take_lock, drop_lock),
        cmocka_unit_test_setup_teardown(clean_first, take_lock, drop_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
