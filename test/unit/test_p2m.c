/* SPDX-License-Identifier: MIT */
/* Nested page tables: sizes, splitting, pruning, the paging pool's limits. */
#include "p2m_real.h"

static void check_mapped(uint64_t g, uint64_t m, unsigned int order, enum p2m_type type)
{
    unsigned int o = 99;
    mfn_t found = mfn(0);

    assert_int_equal(p2m_lookup(&dom, gfn(g), &found, &o), type);
    assert_int_equal(found.v, m);
    assert_int_equal(o, order);
}

static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(p2m_lookup(&dom, gfn(0), NULL, NULL), P2M_NONE);
    assert_int_equal(p2m_map(&dom, gfn(5), mfn(1005), 0, P2M_RAM), 0);
    assert_int_equal(tables(), 3);
    check_mapped(5, 1005, 0, P2M_RAM);
    assert_int_equal(p2m_lookup(&dom, gfn(4), NULL, NULL), P2M_NONE);
    assert_int_equal(p2m_map(&dom, gfn(512), mfn(1024), 9, P2M_RAM), 0);
    assert_int_equal(tables(), 3);
    check_mapped(512 + 77, 1024 + 77, 9, P2M_RAM);
    assert_int_equal(p2m_map(&dom, gfn(1 << 18), mfn(1 << 18), 18, P2M_RAM), 0);
    assert_int_equal(tables(), 3);
    check_mapped((1 << 18) + 12345, (1 << 18) + 12345, 18, P2M_RAM);
    assert_int_equal(p2m_map(&dom, gfn(16), mfn(4096), 4, P2M_FOREIGN), 0);
    check_mapped(31, 4111, 0, P2M_FOREIGN);
    assert_int_equal(p2m_map(&dom, gfn(4096), mfn(8192), 11, P2M_RAM), 0);
    check_mapped(4096 + 2047, 8192 + 2047, 9, P2M_RAM);
}

static void test_no_gigabyte_pages(void **state)
{
    (void)state;
    p2m_max_order = 9;
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(0), 18, P2M_RAM), 0);
    assert_int_equal(tables(), 2);
    check_mapped((1 << 18) - 1, (1 << 18) - 1, 9, P2M_RAM);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(1), mfn(2), 1, P2M_RAM), -EINVAL);
    assert_int_equal(p2m_map(&dom, gfn(2), mfn(1), 1, P2M_RAM), -EINVAL);
    assert_int_equal(p2m_map(&dom, gfn(P2M_MAX_GFN), mfn(0), 0, P2M_RAM), -EINVAL);
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(0), 19, P2M_RAM), -EINVAL);
    assert_int_equal(p2m_map(&dom, gfn(512), mfn(512), 9, P2M_RAM), 0);
    assert_int_equal(p2m_map(&dom, gfn(512), mfn(512), 9, P2M_RAM), -EEXIST);
    assert_int_equal(p2m_map(&dom, gfn(600), mfn(1), 0, P2M_RAM), -EEXIST);
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(0), 18, P2M_RAM), -EEXIST);
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(0), 10, P2M_RAM), -EEXIST);
    assert_int_equal(p2m_lookup(&dom, gfn(0), NULL, NULL), P2M_NONE);
    assert_int_equal(tables(), 2);
}

static void test_split_and_prune(void **state)
{
    enum p2m_type type;
    mfn_t m;

    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(1 << 18), 18, P2M_RAM), 0);
    assert_int_equal(tables(), 1);
    assert_int_equal(p2m_unmap(&dom, gfn(700), &m, &type), 0);
    assert_int_equal(m.v, (1 << 18) + 700);
    assert_int_equal(type, P2M_RAM);
    assert_int_equal(tables(), 3);
    assert_int_equal(p2m_unmap(&dom, gfn(700), &m, &type), -ENOENT);
    check_mapped(701, (1 << 18) + 701, 0, P2M_RAM);
    check_mapped(1024, (1 << 18) + 1024, 9, P2M_RAM);
    for (uint64_t g = 512; g < 1024; g++)
        if (g != 700)
            assert_int_equal(p2m_unmap(&dom, gfn(g), &m, &type), 0);
    assert_int_equal(tables(), 2);
    assert_int_equal(p2m_map(&dom, gfn(512), mfn(512), 9, P2M_RAM), 0);
    check_mapped(512, 512, 9, P2M_RAM);
}

static void test_unmap_last_frees_all(void **state)
{
    enum p2m_type type;
    uint64_t before;
    mfn_t m;

    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(P2M_MAX_GFN - 1), mfn(3), 0, P2M_FOREIGN), 0);
    before = dom.p2m_generation;
    assert_int_equal(p2m_unmap(&dom, gfn(P2M_MAX_GFN - 1), &m, &type), 0);
    assert_int_equal(type, P2M_FOREIGN);
    assert_true(dom.p2m_generation > before);
    assert_int_equal(tables(), 0);
}

static void test_unmap_block(void **state)
{
    enum p2m_type type;
    mfn_t m;

    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(1 << 18), 18, P2M_RAM), 0);
    assert_int_equal(p2m_unmap_block(&dom, gfn(512), 9, &m), 0);
    assert_int_equal(m.v, (1 << 18) + 512);
    assert_int_equal(p2m_unmap_block(&dom, gfn(512), 9, &m), -EINVAL);
    assert_int_equal(p2m_unmap_block(&dom, gfn(2048), 11, &m), 0);
    assert_int_equal(m.v, (1 << 18) + 2048);
    assert_int_equal(p2m_unmap_block(&dom, gfn(1040), 4, &m), 0);
    assert_int_equal(m.v, (1 << 18) + 1040);
    assert_int_equal(p2m_unmap(&dom, gfn(1024), &m, &type), 0);
    assert_int_equal(p2m_unmap_block(&dom, gfn(1024), 1, &m), -EINVAL);
    assert_int_equal(p2m_unmap_block(&dom, gfn(0), 18, &m), -EINVAL);
    check_mapped(1025, (1 << 18) + 1025, 0, P2M_RAM);
    /* Contiguous, but the frames are not aligned to the block. */
    assert_int_equal(p2m_map(&dom, gfn(1UL << 20), mfn(9), 0, P2M_RAM), 0);
    assert_int_equal(p2m_map(&dom, gfn((1UL << 20) + 1), mfn(10), 0, P2M_RAM), 0);
    assert_int_equal(p2m_unmap_block(&dom, gfn(1UL << 20), 1, &m), -EINVAL);
    /* Foreign pages go one by one. */
    assert_int_equal(p2m_map(&dom, gfn((1UL << 20) + 2), mfn(12), 1, P2M_FOREIGN), 0);
    assert_int_equal(p2m_unmap_block(&dom, gfn((1UL << 20) + 2), 1, &m), -EINVAL);
}

static void test_empty_pool(void **state)
{
    struct page_info *taken[POOL_PAGES];
    enum p2m_type type;
    unsigned int n = 0;
    mfn_t m;

    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(0), mfn(0), 18, P2M_RAM), 0);
    while (mem.paging_free_count > 2)
        taken[n++] = paging_alloc_page(&mem);
    /* Far away, three tables would be needed and two are there: nothing may stay behind. */
    assert_int_equal(p2m_map(&dom, gfn(1UL << 30), mfn(0), 0, P2M_RAM), -ENOMEM);
    assert_int_equal(mem.paging_free_count, 2);
    taken[n++] = paging_alloc_page(&mem);
    assert_int_equal(p2m_unmap(&dom, gfn(3), &m, &type), -ENOMEM);
    check_mapped(3, 3, 9, P2M_RAM);
    check_mapped((1 << 18) - 1, (1 << 18) - 1, 9, P2M_RAM);
    while (n)
        paging_free_page(&mem, taken[--n]);
    assert_int_equal(p2m_unmap(&dom, gfn(3), &m, &type), 0);
    assert_int_equal(m.v, 3);
}

static void test_next(void **state)
{
    enum p2m_type type;
    unsigned int order;
    gfn_t g = gfn(0);
    mfn_t m;

    (void)state;
    assert_false(p2m_next(&dom, &g, &m, &order, &type));
    assert_int_equal(p2m_map(&dom, gfn(7), mfn(77), 0, P2M_FOREIGN), 0);
    assert_int_equal(p2m_map(&dom, gfn(1UL << 27), mfn(512), 9, P2M_RAM), 0);
    assert_int_equal(p2m_map(&dom, gfn(P2M_MAX_GFN - 1), mfn(9), 0, P2M_RAM), 0);
    g = gfn(0);
    assert_true(p2m_next(&dom, &g, &m, &order, &type));
    assert_true(g.v == 7 && m.v == 77 && order == 0 && type == P2M_FOREIGN);
    g = gfn(8);
    assert_true(p2m_next(&dom, &g, &m, &order, &type));
    assert_true(g.v == 1UL << 27 && m.v == 512 && order == 9 && type == P2M_RAM);
    g = gfn((1UL << 27) + 5);
    assert_true(p2m_next(&dom, &g, &m, &order, &type));
    assert_true(g.v == (1UL << 27) + 5 && m.v == 517);
    g = gfn((1UL << 27) + 512);
    assert_true(p2m_next(&dom, &g, &m, &order, &type));
    assert_true(g.v == P2M_MAX_GFN - 1 && m.v == 9);
    g = gfn(P2M_MAX_GFN);
    assert_false(p2m_next(&dom, &g, &m, &order, &type));
}

static void test_destroyed(void **state)
{
    enum p2m_type type;
    unsigned int order;
    gfn_t g = gfn(0);
    mfn_t m;

    (void)state;
    assert_int_equal(p2m_map(&dom, gfn(7), mfn(77), 0, P2M_RAM), 0);
    arch_domain_destroy(&dom);
    assert_int_equal(tables(), 0);
    assert_int_equal(p2m_map(&dom, gfn(7), mfn(77), 0, P2M_RAM), -ESRCH);
    assert_int_equal(p2m_unmap(&dom, gfn(7), &m, &type), -ENOENT);
    assert_int_equal(p2m_unmap_block(&dom, gfn(0), 0, &m), -EINVAL);
    assert_int_equal(p2m_lookup(&dom, gfn(7), NULL, NULL), P2M_NONE);
    assert_false(p2m_next(&dom, &g, &m, &order, &type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_gigabyte_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_split_and_prune, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unmap_last_frees_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unmap_block, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(test_next, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
