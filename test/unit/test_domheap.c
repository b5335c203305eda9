/* SPDX-License-Identifier: MIT */
/* Memory of domains: quota, references, giving up parts of blocks, the end. */
#include "mm_test.h"
#include "page_list.h"

static int make(void **state)
{
    *state = pair_make(64, 64);
    return 0;
}

static int end(void **state)
{
    pair_end(*state);
    return 0;
}

static unsigned int list_length(const struct domain_mem *d)
{
    unsigned int n = 0;

    for (uint32_t f = d->pages.head; f != FRAME_NONE; f = frame_table[f].next)
        n++;
    return n;
}

static void quota(void **state)
{
    struct pair *p = *state;

    domain_set_max_pages(&p->d1, 10);
    assert_null(alloc_domheap_pages(&p->d1, 4, 0));
    assert_non_null(alloc_domheap_pages(&p->d1, 3, exact(0)));
    assert_int_equal(populate(&p->d1, 5, 0, exact(0)), 2);
    assert_domain(&p->d1, 10, 0, 0, 0);
    domain_set_max_pages(&p->d1, 3);
    assert_int_equal(populate(&p->d1, 1, 0, 0), 0);
    assert_host(118, 0, 54, 64, 0, 0);
    domain_set_max_pages(&p->d1, ~0UL);
    assert_null(alloc_domheap_pages(&p->d1, 63, 0));
    assert_int_equal(populate(&p->d1, 1, 0, exact(0)), 1);
}

static void failure_uncharges(void **state)
{
    struct pair *p = *state;

    assert_null(alloc_domheap_pages(&p->d1, 7, 0));
    assert_null(alloc_domheap_pages(&p->d1, 0, exact(9)));
    assert_domain(&p->d1, 0, 0, 0, 0);
}

static void dying_gets_nothing(void **state)
{
    struct pair *p = *state;

    domain_mem_kill(&p->d1);
    assert_null(alloc_domheap_pages(&p->d1, 0, 0));
    domain_mem_kill(&p->d1);
}

static void not_counted(void **state)
{
    struct pair *p = *state;
    struct page_info *pg;

    domain_set_max_pages(&p->d1, 0);
    pg = alloc_domheap_pages(&p->d1, 2, MEMF_no_refcount | exact(1));
    assert_int_equal(pg->owner, DOMID_INVALID);
    assert_domain(&p->d1, 0, 0, 0, 0);
    assert_host(124, 0, 64, 60, 0, 0);
    free_heap_pages(pg, 2);
    pg = alloc_domheap_pages(NULL, 2, 0);
    free_heap_pages(pg, 2);
}

static void references(void **state)
{
    struct pair *p = *state;
    struct page_info *pg = alloc_domheap_pages(&p->d1, 0, exact(0));

    assert_false(get_page(pg, &p->d2));
    assert_true(get_page(pg, &p->d1));
    assert_true(get_page(pg, &p->d1));
    put_page(&p->d1, pg);
    free_domheap_pages(&p->d1, pg, 0);
    assert_false(get_page(pg, &p->d1)); /* given up, though still there */
    free_domheap_pages(&p->d1, pg, 0);  /* twice does nothing */
    assert_domain(&p->d1, 1, 0, 0, 0);
    assert_host(127, 0, 63, 64, 0, 0);
    put_page(&p->d1, pg);
    assert_false(get_page(pg, &p->d1));
    assert_domain(&p->d1, 0, 0, 0, 0);
    assert_host(128, 0, 64, 64, 0, 0);
}

/* Freeing every page of a block of order 4 on its own, in every order that a step makes. */
static void page_by_page(void **state)
{
    struct pair *p = *state;

    for (unsigned int step = 1; step < 16; step += 2) {
        struct page_info *pg = alloc_domheap_pages(&p->d1, 4, exact(0));

        for (unsigned int i = 0; i < 16; i++) {
            free_domheap_pages(&p->d1, &pg[i * step % 16], 0);
            assert_domain(&p->d1, 15 - i, 0, 0, 0);
        }
        assert_int_equal(list_length(&p->d1), 0);
        assert_host(128, 0, 64, 64, 0, 0);
    }
}

static void parts_of_blocks(void **state)
{
    struct pair *p = *state;
    struct page_info *pg = alloc_domheap_pages(&p->d1, 5, exact(0));

    free_domheap_pages(&p->d1, pg + 8, 2);
    assert_int_equal(list_length(&p->d1), 3); /* 8, -4, 4, 16 */
    assert_host(100, 0, 36, 64, 0, 0);
    free_domheap_pages(&p->d1, pg + 13, 0);
    assert_int_equal(list_length(&p->d1), 4); /* 8, 1, -1, 2, 16 */
    free_domheap_pages(&p->d1, pg, 4);        /* spans all but the last, and the gaps */
    assert_int_equal(list_length(&p->d1), 1);
    assert_domain(&p->d1, 16, 0, 0, 0);
    assert_host(112, 0, 48, 64, 0, 0);
}

/* Every subset of a block's pages is mapped by others when the owner gives the block up. */
static void kept_by_others(void **state)
{
    struct pair *p = *state;

    for (unsigned int mask = 0; mask < 256; mask++) {
        struct page_info *pg = alloc_domheap_pages(&p->d1, 3, exact(0));
        unsigned long kept = (unsigned long)__builtin_popcount(mask);

        for (unsigned int i = 0; i < 8; i++)
            if (mask & (1U << i))
                assert_true(get_page(&pg[i], &p->d1));
        free_domheap_pages(&p->d1, pg, 3);
        assert_domain(&p->d1, kept, 0, 0, 0);
        assert_host(128 - kept, 0, 64 - kept, 64, 0, 0);
        for (unsigned int i = 8; i-- > 0;)
            if (mask & (1U << i))
                put_page(&p->d1, &pg[i]);
        assert_host(128, 0, 64, 64, 0, 0);
    }
}

static void relinquish_in_steps(void **state)
{
    struct pair *p = *state;
    struct page_info *pg = alloc_domheap_pages(&p->d1, 5, exact(0));

    assert_true(get_page(pg + 3, &p->d1));
    populate(&p->d1, 3, 0, exact(1));
    domain_mem_kill(&p->d1);
    assert_int_equal(domain_relinquish_pages(&p->d1, 0), -ERESTART);
    assert_int_equal(domain_relinquish_pages(&p->d1, 10), -ERESTART);
    assert_domain(&p->d1, 35 - 10 + 1, 0, 0, 0);
    assert_int_equal(domain_relinquish_pages(&p->d1, 24), -ERESTART);
    assert_int_equal(domain_relinquish_pages(&p->d1, 24), 0);
    assert_domain(&p->d1, 1, 0, 0, 0);
    put_page(&p->d1, pg + 3);
}

/* A claim goes before the pages do, and nothing can be claimed afterwards. */
static void kill_releases_claims(void **state)
{
    struct pair *p = *state;

    populate(&p->d1, 4, 0, exact(0));
    assert_int_equal(claim(&p->d1, E(10, 0), E(10, 1), E(10, HOST)), 0);
    domain_mem_kill(&p->d1);
    assert_host(124, 0, 60, 64, 0, 0);
    assert_int_equal(claim(&p->d1, E(1, 0)), -ESRCH);
    assert_int_equal(claim(&p->d1, E(0, HOST)), -ESRCH);
    assert_int_equal(domain_set_legacy_claim(&p->d1, 10), -EINVAL);
    assert_host(124, 0, 60, 64, 0, 0);
}

/* Somebody else maps one of four pages: none of them changes hands, and all stay as they are. */
static void all_of_a_block_or_nothing(void **state)
{
    struct pair *p = *state;
    struct page_info *pg = alloc_domheap_pages(&p->d1, 2, exact(0));
    struct page_list taken;
    uint32_t before[4];

    page_list_init(&taken);
    assert_true(get_page(&pg[2], &p->d1));
    for (unsigned int i = 0; i < 4; i++)
        before[i] = pg[i].count_info;
    spin_lock(&p->d1.page_alloc_lock);
    assert_false(steal_domain_pages(&p->d1, pg, 2, &taken));
    spin_unlock(&p->d1.page_alloc_lock);
    assert_int_equal(taken.head, FRAME_NONE);
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(pg[i].count_info, before[i]);
    put_page(&p->d1, &pg[2]);
    spin_lock(&p->d1.page_alloc_lock);
    assert_true(steal_domain_pages(&p->d1, pg, 2, &taken));
    assert_ptr_equal(&frame_table[taken.head], pg);
    page_list_remove(&taken, pg);
    assign_domain_block(&p->d1, pg);
    spin_unlock(&p->d1.page_alloc_lock);
    assert_domain(&p->d1, 4, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quota, make, end),
        cmocka_unit_test_setup_teardown(failure_uncharges, make, end),
        cmocka_unit_test_setup_teardown(dying_gets_nothing, make, end),
        cmocka_unit_test_setup_teardown(not_counted, make, end),
        cmocka_unit_test_setup_teardown(references, make, end),
        cmocka_unit_test_setup_teardown(page_by_page, make, end),
        cmocka_unit_test_setup_teardown(parts_of_blocks, make, end),
        cmocka_unit_test_setup_teardown(kept_by_others, make, end),
        cmocka_unit_test_setup_teardown(relinquish_in_steps, make, end),
        cmocka_unit_test_setup_teardown(kill_releases_claims, make, end),
        cmocka_unit_test_setup_teardown(all_of_a_block_or_nothing, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
