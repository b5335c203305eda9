/* SPDX-License-Identifier: MIT */
/* Large extents that a domain gives back, step by step: what is gone stays gone, and nothing else goes. */
#include "long_calls_test.h"

/* 2 MiB a step. What does not come back leaves the rest as it is. */
static void test_decrease(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    assert_int_equal(populate(domid, 0, 2, ORDER, 0), 2);
    begin(&op, XENMEM_decrease_reservation, domid, PAGES, ORDER, 0);
    assert_int_equal(step(&op), -ERESTART); /* begun, and left */
    assert_pages(domid, 2 * PAGES - CALL_BUDGET, 0);
    begin(&op, XENMEM_decrease_reservation, domid, 0, ORDER, 0);
    for (unsigned int i = 1; i < STEPS; i++) {
        assert_int_equal(step(&op), -ERESTART);
        assert_pages(domid, 2 * PAGES - (i + 1) * CALL_BUDGET, 0);
    }
    assert_int_equal(step(&op), 1);
    assert_pages(domid, PAGES - CALL_BUDGET, 0);
    begin(&op, XENMEM_decrease_reservation, domid, PAGES, ORDER, 0);
    assert_int_equal(step(&op), 0); /* not all of it is there */
    assert_pages(domid, PAGES - CALL_BUDGET, 0);
    assert_int_equal(destroy(domid), 0);
}

/* Small pages are looked at first, some hundred in a step; a hole at the end: nothing is given back. */
static void test_decrease_small_pages(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    for (unsigned int i = 0; i < PAGES; i += CALL_BUDGET)
        assert_int_equal(populate(domid, i, CALL_BUDGET, 0, 0), CALL_BUDGET);
    assert_int_equal(decrease(domid, PAGES - 1, 1, 0), 1);
    begin(&op, XENMEM_decrease_reservation, domid, 0, ORDER, 0);
    assert_int_equal(finish(&op, 0), STEPS);
    assert_pages(domid, PAGES - 1, 0);
    assert_int_equal(populate(domid, PAGES - 1, 1, 0, 0), 1);
    begin(&op, XENMEM_decrease_reservation, domid, 0, ORDER, 0);
    assert_int_equal(finish(&op, 1), 2 * STEPS);
    assert_pages(domid, 0, 0);
    assert_int_equal(destroy(domid), 0);
}

/* Entered again with other arguments, by another vCPU, after another memory_op, after the domain's end: what
 * is gone stays gone, and nothing else goes. */
static void test_decrease_changed(void **state UNUSED)
{
    struct vcpu other = *caller;

    for (unsigned int change = 0; change < 5; change++) {
        domid_t domid = large_domain(), second = large_domain();
        unsigned long pages = PAGES - CALL_BUDGET;
        struct op op;

        assert_int_equal(populate(domid, 0, 1, ORDER, 0), 1);
        assert_int_equal(populate(second, CALL_BUDGET, 1, 9, 0), 1);
        begin(&op, XENMEM_decrease_reservation, domid, 0, ORDER, 0);
        assert_int_equal(step(&op), -ERESTART);
        if (change == 0)
            op.r.domid = second;
        else if (change == 1)
            op.r.extent_order = ORDER - 1;
        else if (change == 2)
            op.v = &other;
        else if (change == 3)
            assert_int_equal(populate(second, 0, 1, 0, 0), 1);
        else
            assert_int_equal(destroy(domid), 0);
        assert_int_equal(finish(&op, 0), 1);
        if (change < 4)
            assert_pages(domid, pages, 0);
        assert_int_equal(info_of(second).tot_pages, CALL_BUDGET + (change == 3));
        assert_int_equal(destroy(domid), change < 4 ? 0 : -ESRCH);
        assert_int_equal(destroy(second), 0);
    }
}

/* Another vCPU takes a page of it between two steps: what was checked is not all the domain's RAM any more.
 */
static void test_decrease_overtaken(void **state UNUSED)
{
    struct vcpu other = *caller;
    domid_t domid = large_domain();
    struct op op;

    assert_int_equal(populate(domid, 0, PAGES >> 9, 9, 0), PAGES >> 9);
    begin(&op, XENMEM_decrease_reservation, domid, 0, ORDER, 0);
    op.v = &other;
    do
        assert_int_equal(step(&op), -ERESTART);
    while (info_of(domid).tot_pages == PAGES);
    assert_int_equal(decrease(domid, PAGES - 1, 1, 0), 1);
    assert_true(finish(&op, 0) > 1);
    assert_pages(domid, 0, 0);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_decrease),
        TEST(test_decrease_small_pages),
        TEST(test_decrease_changed),
        TEST(test_decrease_overtaken),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
