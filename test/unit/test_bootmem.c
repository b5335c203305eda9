/* SPDX-License-Identifier: MIT */
/* Memory before the heap: placement, alignment, what is left. */
#include "mm_test.h"

#include "bootmem.h"
#include "fault.h"

static const struct mem_range two_nodes[] = {
    {{0x10}, {0x9f}, 0}, /* below 1 MiB: never handed out */
    {{0x100}, {0x1005}, 0},
    {{0x2000}, {0x3000}, 1},
};

static unsigned long pages_left(void)
{
    unsigned int nr;
    const struct mem_range *r = bootmem_ranges(&nr);
    unsigned long pages = 0;

    for (unsigned int i = 0; i < nr; i++) {
        assert_true(r[i].start.v < r[i].end.v);
        assert_true(i == 0 || r[i - 1].end.v <= r[i].start.v);
        pages += r[i].end.v - r[i].start.v;
    }
    return pages;
}

static void from_the_top_of_the_node(void **state)
{
    unsigned long before;

    (void)state;
    assert_int_equal(bootmem_init(two_nodes, 3), 0);
    before = pages_left();
    assert_int_equal(bootmem_alloc(1, 1, 1).v, 0x2fff);
    assert_int_equal(bootmem_alloc(1, 1, NUMA_NO_NODE).v, 0x2ffe);
    assert_int_equal(bootmem_alloc(4, 1, 0).v, 0x1001);
    assert_int_equal(pages_left(), before - 6);
}

static void aligned_leaves_head_and_tail(void **state)
{
    unsigned long before;
    unsigned int nr;

    (void)state;
    assert_int_equal(bootmem_init(two_nodes, 3), 0);
    before = pages_left();
    assert_int_equal(bootmem_alloc(3, 0x200, 0).v, 0x1000);
    assert_int_equal(pages_left(), before - 3);
    bootmem_ranges(&nr);
    assert_int_equal(nr, 4);
}

static void full_node_falls_back(void **state)
{
    unsigned int nr;

    (void)state;
    assert_int_equal(bootmem_init(two_nodes, 3), 0);
    assert_int_equal(bootmem_alloc(0x1000, 0x1000, 1).v, 0x2000);
    bootmem_ranges(&nr);
    assert_int_equal(nr, 2);
    assert_int_equal(bootmem_alloc(1, 1, 1).v, 0x1004);
    assert_int_equal(bootmem_alloc(0x1000, 1, 0).v, INVALID_MFN.v);
    assert_int_equal(bootmem_alloc(0xf04, 1, 7).v, 0x100);
    assert_int_equal(bootmem_alloc(1, 1, 0).v, INVALID_MFN.v); /* below 1 MiB only */
    assert_int_equal(bootmem_alloc(UINT64_MAX, 1, 0).v, INVALID_MFN.v);
}

static void table_full(void **state)
{
    static struct mem_range many[BOOTMEM_MAX_RANGES + 1];

    (void)state;
    for (unsigned int i = 0; i <= BOOTMEM_MAX_RANGES; i++)
        many[i] = (struct mem_range){mfn(0x1000 + i * 16), mfn(0x1000 + i * 16 + 8), 0};
    assert_int_equal(bootmem_init(many, BOOTMEM_MAX_RANGES + 1), -ENOMEM);
    assert_int_equal(bootmem_init(many, BOOTMEM_MAX_RANGES), 0);
    /* A cut in the middle would need one entry more: only one at an entry's end is possible. */
    assert_int_equal(bootmem_alloc(1, 8, 0).v, INVALID_MFN.v);
    assert_int_equal(bootmem_alloc(8, 8, 0).v, 0x1000 + (BOOTMEM_MAX_RANGES - 1) * 16);
}

/* The allocation that is to fail fails, and takes nothing. */
static void fails_on_purpose(void **state)
{
    (void)state;
    assert_int_equal(bootmem_init(two_nodes, ARRAY_SIZE(two_nodes)), 0);
    fault_arm(2, 1);
    assert_int_not_equal(bootmem_alloc(1, 1, 0).v, INVALID_MFN.v);
    assert_int_equal(bootmem_alloc(1, 1, 0).v, INVALID_MFN.v);
    assert_int_not_equal(bootmem_alloc(1, 1, 0).v, INVALID_MFN.v);
    assert_int_equal(fault_arm(0, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_top_of_the_node), cmocka_unit_test(aligned_leaves_head_and_tail),
        cmocka_unit_test(full_node_falls_back),     cmocka_unit_test(table_full),
        cmocka_unit_test(fails_on_purpose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
