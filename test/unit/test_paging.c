/* SPDX-License-Identifier: MIT */
/* The paging pool: bought from unclaimed memory, not counted, cleared when used. */
#include "mm_test.h"

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

static void grows_and_shrinks(void **state)
{
    struct pair *p = *state;

    assert_int_equal(paging_set_allocation(&p->d1, 10), 0);
    assert_domain(&p->d1, 0, 0, 0, 0);
    assert_int_equal(p->d1.paging_total, 10);
    assert_int_equal(paging_set_allocation(&p->d1, 4), 0);
    assert_int_equal(p->d1.paging_total, 4);
    assert_host(124, 0, 64, 60, 0, 0); /* near the domain: all from the node that is next */
}

static void stays_in_affinity(void **state)
{
    struct pair *p = *state;

    p->d1.node_affinity = 1;
    assert_int_equal(paging_set_allocation(&p->d1, 10), 0);
    assert_host(118, 0, 54, 64, 0, 0);
}

static void gives_way_to_claims(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(60, 0), E(60, 1)), 0);
    assert_int_equal(paging_set_allocation(&p->d1, 10), -ENOMEM);
    assert_int_equal(p->d1.paging_total, 8);
    assert_host(120, 120, 60, 60, 60, 60);
    assert_domain(&p->d1, 0, 0, 60, 60);
    assert_int_equal(paging_set_allocation(&p->d2, 1), -ENOMEM);
}

/* Nodes border in the middle of an aligned block: pages of both in a row are no block, and each goes home. */
static void pages_of_two_nodes(void **state)
{
    struct domain_mem d;

    (void)state;
    machine(3, 1);
    domain_make(&d, 1);
    assert_int_equal(machine_node_range(0).end.v, machine_node_range(1).start.v);
    d.node_affinity = 1;
    assert_int_equal(paging_set_allocation(&d, 3), 0);
    d.node_affinity = 2;
    assert_int_equal(paging_set_allocation(&d, 4), 0);
    assert_host(0, 0, 0, 0, 0, 0);
    assert_int_equal(paging_set_allocation(&d, 0), 0);
    assert_host(4, 0, 3, 1, 0, 0);
    domain_end(&d);
    machine_destroy();
}

/* Any number of pages, some of them used and given back in another order. */
static void sizes_are_exact(void **state)
{
    struct pair *p = *state;
    struct page_info *used[5];

    for (unsigned long nr = 0; nr <= 60; nr += 7) {
        assert_int_equal(paging_set_allocation(&p->d1, nr), 0);
        assert_int_equal(p->d1.paging_total, nr);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(used); i++)
        used[i] = paging_alloc_page(&p->d1);
    for (unsigned int i = 0; i < ARRAY_SIZE(used); i++)
        paging_free_page(&p->d1, used[(i * 2) % ARRAY_SIZE(used)]);
    for (unsigned long nr = 56; nr; nr -= 8) {
        assert_int_equal(paging_set_allocation(&p->d1, nr), 0);
        assert_int_equal(p->d1.paging_total, nr);
        assert_true(heap_check());
    }
    assert_int_equal(paging_set_allocation(&p->d1, 0), 0);
    assert_host(128, 0, 64, 64, 0, 0);
}

/* A dying domain's pool would never be emptied again. */
static void dying_domain_gets_none(void **state)
{
    struct pair *p = *state;

    assert_int_equal(paging_set_allocation(&p->d1, 4), 0);
    domain_mem_kill(&p->d1);
    assert_int_equal(paging_set_allocation(&p->d1, 5), -ESRCH);
    assert_int_equal(p->d1.paging_total, 4);
    assert_int_equal(paging_set_allocation(&p->d1, 0), 0);
    assert_int_equal(p->d1.paging_total, 0);
}

static void used_pages_stay(void **state)
{
    struct pair *p = *state;
    struct page_info *a, *b;
    char *data;

    assert_int_equal(paging_set_allocation(&p->d1, 2), 0);
    a = paging_alloc_page(&p->d1);
    data = page_to_virt(a);
    memset(data, 'x', PAGE_SIZE);
    b = paging_alloc_page(&p->d1);
    assert_null(paging_alloc_page(&p->d1));
    paging_free_page(&p->d1, a);
    assert_int_equal(paging_set_allocation(&p->d1, 0), -EBUSY);
    assert_int_equal(p->d1.paging_total, 1);
    paging_free_page(&p->d1, b);
    assert_int_equal(paging_set_allocation(&p->d1, 1), 0);
    a = paging_alloc_page(&p->d1);
    data = page_to_virt(a);
    assert_int_equal(data[0] | data[PAGE_SIZE - 1], 0);
    paging_free_page(&p->d1, a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grows_and_shrinks, make, end),
        cmocka_unit_test_setup_teardown(stays_in_affinity, make, end),
        cmocka_unit_test_setup_teardown(gives_way_to_claims, make, end),
        cmocka_unit_test(pages_of_two_nodes),
        cmocka_unit_test_setup_teardown(sizes_are_exact, make, end),
        cmocka_unit_test_setup_teardown(dying_domain_gets_none, make, end),
        cmocka_unit_test_setup_teardown(used_pages_stay, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
