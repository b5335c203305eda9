/* SPDX-License-Identifier: MIT */
/* Large extents that a domain gets, step by step: what stands between two steps, and what becomes of a call
 * that is entered again with other arguments, by another vCPU, or after the domain has changed or died. */
#include "long_calls_test.h"

static bool is_mapped(domid_t domid, uint64_t g)
{
    struct domain *d = domain_get(domid);
    bool mapped = host_gfn_ptr(d, gfn(g));

    domain_put(d);
    return mapped;
}

static void assert_clean(domid_t domid, uint64_t first, unsigned long pages)
{
    struct domain *d = domain_get(domid);

    for (uint64_t g = first; g < first + pages; g++) {
        const char *page = host_gfn_ptr(d, gfn(g));

        assert_non_null(page);
        assert_int_equal(page[0], 0);
        assert_memory_equal(page, page + 1, PAGE_SIZE - 1);
    }
    domain_put(d);
}

/* What a block of node 0 is full of, so that it is seen whether it is cleared. */
static void write_to_block(void)
{
    struct page_info *pg = alloc_heap_pages(
        ZONE_LOW, ZONE_HIGH, ORDER, MEMF_no_owner | MEMF_no_scrub | MEMF_node(0) | MEMF_exact_node, NULL);

    assert_non_null(pg);
    memset(page_to_virt(pg), 0x5a, PAGES << PAGE_SHIFT);
    free_heap_pages(pg, ORDER);
}

/* It is the domain's from the first step on, counted once; seen only when all of it is clean. */
static void test_populate(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    write_to_block();
    assert_int_equal(claim_node(domid, 0, PAGES + 10), 0);
    begin(&op, XENMEM_populate_physmap, domid, 0, ORDER, XENMEMF_exact_node(0));
    for (unsigned int i = 1; i < STEPS; i++) {
        assert_int_equal(step(&op), -ERESTART);
        assert_pages(domid, PAGES, 10);
        assert_false(is_mapped(domid, 0));
    }
    assert_int_equal(step(&op), 1);
    assert_pages(domid, PAGES, 10);
    assert_clean(domid, 0, PAGES);
    assert_int_equal(destroy(domid), 0);
}

/* Clean memory needs one step; of a block that is clean in part, the rest is scrubbed. Node 1 has one block
 * of this order. */
static void test_populate_clean(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    while (heap_scrub_slice(0, 100))
        ;
    begin(&op, XENMEM_populate_physmap, domid, 0, ORDER, XENMEMF_exact_node(1));
    assert_int_equal(finish(&op, 1), 1);
    assert_int_equal(populate(domid, PAGES, 1, ORDER, XENMEMF_exact_node(1)), 0);
    assert_int_equal(decrease(domid, 0, 1, ORDER), 1); /* all that is dirty */
    assert_int_equal(heap_scrub_slice(0, PAGES / 2 + 1), PAGES / 2 + 1);
    begin(&op, XENMEM_populate_physmap, domid, 0, ORDER, XENMEMF_exact_node(1));
    assert_int_equal(finish(&op, 1), STEPS / 2);
    assert_clean(domid, 0, PAGES);
    assert_int_equal(destroy(domid), 0);
}

/* Entered again with other arguments: what was begun stays the domain's, out of sight, until somebody asks
 * for just this again. */
static void test_populate_changed(void **state UNUSED)
{
    static const struct {
        unsigned int order, flags, steps;
    } changes[] = {
        {ORDER - 1, XENMEMF_exact_node(0), STEPS / 2},
        {ORDER, XENMEMF_exact_node(1), STEPS},
        {ORDER, XENMEMF_node(0), STEPS},
        {ORDER, 0, STEPS},
        {0, 0, 1},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(changes); i++) {
        domid_t domid = large_domain();
        const unsigned long pages = 1UL << changes[i].order;
        struct op op;

        begin(&op, XENMEM_populate_physmap, domid, 0, ORDER, XENMEMF_exact_node(0));
        assert_int_equal(step(&op), -ERESTART);
        op.r.extent_order = changes[i].order;
        op.r.mem_flags = changes[i].flags;
        assert_int_equal(finish(&op, 1), changes[i].steps);
        assert_pages(domid, pages + PAGES, 0);
        assert_clean(domid, 0, pages);
        begin(&op, XENMEM_populate_physmap, domid, PAGES, ORDER, XENMEMF_exact_node(0));
        assert_int_equal(finish(&op, 1), STEPS - 1);
        assert_pages(domid, pages + PAGES, 0);
        assert_int_equal(destroy(domid), 0);
    }
}

/* At another address the block is as good as at the first one. An address that is not free gets none; the
 * block waits for the next who asks. */
static void test_populate_elsewhere(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    assert_int_equal(populate(domid, 0, 1, 0, 0), 1);
    begin(&op, XENMEM_populate_physmap, domid, PAGES, ORDER, 0);
    assert_int_equal(step(&op), -ERESTART);
    op.gfn[0] = 4 * PAGES;
    assert_int_equal(finish(&op, 1), STEPS - 1);
    assert_clean(domid, 4 * PAGES, PAGES);
    assert_pages(domid, PAGES + 1, 0);
    assert_int_equal(decrease(domid, 4 * PAGES, 1, ORDER), 1);
    begin(&op, XENMEM_populate_physmap, domid, PAGES, ORDER, 0);
    assert_int_equal(step(&op), -ERESTART);
    assert_pages(domid, PAGES + 1, 0);
    op.gfn[0] = 0;
    assert_int_equal(step(&op), 0);
    assert_pages(domid, PAGES + 1, 0);
    begin(&op, XENMEM_populate_physmap, domid, PAGES, ORDER, 0);
    assert_int_equal(finish(&op, 1), STEPS - 1);
    assert_pages(domid, PAGES + 1, 0);
    assert_int_equal(destroy(domid), 0);
}

/* Whoever asks for the same goes on with it; the first one then begins with another block. */
static void test_populate_by_another_vcpu(void **state UNUSED)
{
    struct vcpu other = *caller;
    domid_t domid = large_domain();
    struct op mine, its;

    begin(&mine, XENMEM_populate_physmap, domid, 0, ORDER, 0);
    begin(&its, XENMEM_populate_physmap, domid, PAGES, ORDER, 0);
    its.v = &other;
    assert_int_equal(step(&mine), -ERESTART);
    assert_int_equal(finish(&its, 1), STEPS - 1);
    assert_pages(domid, PAGES, 0);
    assert_int_equal(finish(&mine, 1), STEPS);
    assert_pages(domid, 2 * PAGES, 0);
    assert_clean(domid, 0, 2 * PAGES);
    assert_int_equal(destroy(domid), 0);
}

/* Take a quarter of such a block for a domain, if unclaimed memory has one. */
static bool take_unclaimed(domid_t domid)
{
    return populate(domid, info_of(domid).tot_pages, 1, ORDER - 2, 0) == 1;
}

/* Two builders at once, in turns: each gets its extent, and claims for exactly these suffice, though a third
 * one takes whatever is unclaimed once both have begun. With the same order they share the first block. */
static void test_populate_in_turns(void **state UNUSED)
{
    for (unsigned int order = ORDER - 2; order <= ORDER; order++) {
        struct vcpu other = *caller;
        domid_t domid = large_domain(), thief = new_domain();
        struct op op[2];
        int64_t rc[2] = {-ERESTART, -ERESTART};

        begin(&op[0], XENMEM_populate_physmap, domid, 0, ORDER, 0);
        begin(&op[1], XENMEM_populate_physmap, domid, PAGES, order, 0);
        op[1].v = &other;
        assert_int_equal(set_max(thief, 2 * NODE_PAGES), 0);
        assert_int_equal(claim_node(domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, PAGES + (1UL << order)), 0);
        for (unsigned int i = 0; rc[0] == -ERESTART || rc[1] == -ERESTART; i++) {
            assert_true(i < 100);
            if (rc[i % 2] == -ERESTART)
                rc[i % 2] = step(&op[i % 2]);
            while (i > 0 && order < ORDER && take_unclaimed(thief))
                ;
        }
        assert_int_equal(rc[0], 1);
        assert_int_equal(rc[1], 1);
        assert_pages(domid, PAGES + (1UL << order), 0);
        assert_clean(domid, 0, PAGES + (1UL << order));
        assert_int_equal(destroy(thief), 0);
        assert_int_equal(destroy(domid), 0);
    }
}

/* There is room for four that are begun; one more gets nothing, and all four can be finished. */
static void test_populate_too_many_at_once(void **state UNUSED)
{
    static const unsigned int flags[] = {0, XENMEMF_node(0), XENMEMF_exact_node(0), XENMEMF_node(1),
                                         XENMEMF_exact_node(1)};
    domid_t domid = large_domain();
    struct op op[ARRAY_SIZE(flags)];

    for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
        begin(&op[i], XENMEM_populate_physmap, domid, i << 10, 10, flags[i]);
        assert_int_equal(step(&op[i]), i < MAX_UNFINISHED ? -ERESTART : 0);
    }
    assert_pages(domid, MAX_UNFINISHED << 10, 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
        finish(&op[i], 1);
    assert_pages(domid, ARRAY_SIZE(flags) << 10, 0);
    assert_int_equal(destroy(domid), 0);
}

/* The pages are the domain's since the first step. */
static void test_populate_max_mem_lowered(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    begin(&op, XENMEM_populate_physmap, domid, 0, ORDER, 0);
    assert_int_equal(step(&op), -ERESTART);
    assert_int_equal(set_max(domid, 7), 0);
    assert_int_equal(finish(&op, 1), STEPS - 1);
    assert_pages(domid, PAGES, 0);
    begin(&op, XENMEM_populate_physmap, domid, PAGES, ORDER, 0);
    assert_int_equal(step(&op), 0);
    assert_int_equal(destroy(domid), 0);
}

/* The block goes with the domain, at whatever step it was. */
static void test_populate_domain_dies(void **state UNUSED)
{
    for (unsigned int steps = 1; steps < STEPS; steps++) {
        domid_t domid = large_domain();
        struct domain *d = domain_get(domid);
        struct op op;

        begin(&op, XENMEM_populate_physmap, domid, 0, ORDER, 0);
        for (unsigned int i = 0; i < steps; i++)
            assert_int_equal(step(&op), -ERESTART);
        if (steps % 2)
            domain_begin_kill(d);
        else
            assert_int_equal(destroy(domid), 0);
        assert_int_equal(step(&op), 0);
        assert_null(d->mem.unfinished[0].block);
        domain_put(d);
        assert_int_equal(destroy(domid), steps % 2 ? 0 : -ESRCH);
    }
}

static void test_increase(void **state UNUSED)
{
    domid_t domid = large_domain();
    struct op op;

    begin(&op, XENMEM_increase_reservation, domid, 0, ORDER, 0);
    op.r.nr_extents = 2;
    assert_int_equal(finish(&op, 2), 2 * STEPS);
    assert_pages(domid, 2 * PAGES, 0);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_populate),
        TEST(test_populate_clean),
        TEST(test_populate_changed),
        TEST(test_populate_elsewhere),
        TEST(test_populate_by_another_vcpu),
        TEST(test_populate_in_turns),
        TEST(test_populate_too_many_at_once),
        TEST(test_populate_max_mem_lowered),
        TEST(test_populate_domain_dies),
        TEST(test_increase),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
