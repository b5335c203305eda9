/* SPDX-License-Identifier: MIT */
/* Calls on large extents, step by step: what stands between two steps, and what becomes of a call that is
 * entered again with other arguments, by another vCPU, or after the domain has changed or died. */
#include "caller.h"

#define ORDER 12U
#define PAGES (1UL << ORDER)
#define STEPS (PAGES / CALL_BUDGET)

/* A memory_op that is entered step by step. */
struct op {
    struct xen_memory_reservation r;
    xen_pfn_t gfn[2];
    struct hypercall call;
    struct vcpu *v;
};

static void begin(struct op *op, uint32_t cmd, domid_t domid, xen_pfn_t gfn, unsigned int order,
                  unsigned int flags)
{
    *op = (struct op){.r = {{op->gfn}, 1, order, flags, domid}, .gfn = {gfn}, .v = caller};
    op->call = (struct hypercall){.nr = __HYPERVISOR_memory_op, .arg = {cmd, ptr(&op->r)}};
}

static int64_t step(struct op *op)
{
    int64_t rc = host_hypercall_step(op->v, &op->call);

    assert_true(heap_check());
    return rc;
}

/* Enter it until it is done; returns how many times that was. */
static unsigned int finish(struct op *op, int64_t done)
{
    unsigned int steps = 1;
    int64_t rc;

    while ((rc = step(op)) == -ERESTART)
        assert_true(++steps < 100);
    assert_int_equal(rc, done);
    return steps;
}

static domid_t large_domain(void)
{
    domid_t domid = new_domain();

    assert_int_equal(set_max(domid, 2 * PAGES), 0);
    return domid;
}

static bool is_mapped(domid_t domid, uint64_t g)
{
    struct domain *d = domain_get(domid);
    bool mapped = host_gfn_ptr(d, gfn(g));

    domain_put(d);
    return mapped;
}

static void assert_pages(domid_t domid, unsigned long pages, unsigned long claims)
{
    struct xen_domctl_getdomaininfo info = info_of(domid);

    assert_int_equal(info.tot_pages, pages);
    assert_int_equal(info.outstanding_pages, claims);
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
        TEST(test_decrease),
        TEST(test_decrease_small_pages),
        TEST(test_decrease_changed),
        TEST(test_decrease_overtaken),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
