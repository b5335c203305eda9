/* SPDX-License-Identifier: MIT */
/* decrease_reservation of a whole mapping of 1 GiB. */
#include "caller.h"

#define GIB_ORDER 18U

static bool is_mapped(domid_t domid, uint64_t g)
{
    struct domain *d = domain_get(domid);
    bool mapped = host_gfn_ptr(d, gfn(g));

    domain_put(d);
    return mapped;
}

/* Node 1 has a block to spare: the hypervisor takes what it needs where most is free. */
static int setup_gib(void **state UNUSED)
{
    machine_create_nodes(2, (unsigned long[]){NODE_PAGES, 2UL << GIB_ORDER});
    caller = host_boot(true);
    return 0;
}

/* One mapping of 1 GiB: each step takes 2 MiB out of it, and what is left stays mapped. */
static void test_decrease_gib(void **state UNUSED)
{
    struct hypercall call = {.nr = __HYPERVISOR_memory_op, .arg = {XENMEM_decrease_reservation}};
    xen_pfn_t first = 0;
    struct xen_memory_reservation r = {{&first}, 1, GIB_ORDER, 0, new_domain()};
    unsigned long left = 1UL << GIB_ORDER;
    int64_t rc;

    assert_int_equal(set_max(r.domid, left), 0);
    assert_int_equal(populate(r.domid, 0, 1, GIB_ORDER, XENMEMF_exact_node(1)), 1);
    call.arg[1] = ptr(&r);
    for (unsigned int i = 0; (rc = host_hypercall_step(caller, &call)) == -ERESTART; i++) {
        left -= 512;
        if (i % 100 == 0) {
            assert_int_equal(info_of(r.domid).tot_pages, left);
            assert_false(is_mapped(r.domid, (1UL << GIB_ORDER) - left - 1));
            assert_true(is_mapped(r.domid, (1UL << GIB_ORDER) - left));
        }
    }
    assert_int_equal(rc, 1);
    assert_int_equal(left, 512);
    assert_int_equal(info_of(r.domid).tot_pages, 0);
    assert_int_equal(destroy(r.domid), 0);
}

static domid_t gib_domain_without_pool(domid_t wanted)
{
    struct xen_domctl op = create_args();

    assert_int_equal(domctl(XEN_DOMCTL_createdomain, wanted, &op), 0);
    assert_int_equal(set_pool(op.domain, POOL_BYTES), 0);
    assert_int_equal(set_max(op.domain, 1UL << GIB_ORDER), 0);
    assert_int_equal(populate(op.domain, 0, 1, GIB_ORDER, XENMEMF_exact_node(1)), 1);
    assert_int_equal(set_pool(op.domain, 0), -EBUSY); /* only what is used stays */
    return op.domain;
}

/* No table to split the mapping with: it goes at once, its pages 2 MiB a step. Of a smaller extent, whose
 * neighbours have to stay, nothing goes. */
static void test_no_table_to_split_with(void **state UNUSED)
{
    struct hypercall call = {.nr = __HYPERVISOR_memory_op, .arg = {XENMEM_decrease_reservation}};
    xen_pfn_t first = 0;
    struct xen_memory_reservation r = {{&first}, 1, GIB_ORDER, 0, gib_domain_without_pool(0)};
    unsigned long left = 1UL << GIB_ORDER;
    int64_t rc;

    assert_int_equal(decrease(r.domid, 0, 1, 10), 0);
    assert_int_equal(decrease(r.domid, 0, 1, 0), 0);
    assert_int_equal(info_of(r.domid).tot_pages, left);
    call.arg[1] = ptr(&r);
    while ((rc = host_hypercall_step(caller, &call)) == -ERESTART) {
        left -= 512;
        assert_int_equal(info_of(r.domid).tot_pages, left);
        assert_false(is_mapped(r.domid, (1UL << GIB_ORDER) - 1));
    }
    assert_int_equal(rc, 1);
    assert_int_equal(left, 512);
    assert_int_equal(info_of(r.domid).tot_pages, 0);
    assert_int_equal(destroy(r.domid), 0);
}

/* The domain dies between two steps, and another one gets its id and its memory: the call begins anew. */
static void test_another_domain_of_that_id(void **state UNUSED)
{
    struct hypercall call = {.nr = __HYPERVISOR_memory_op, .arg = {XENMEM_decrease_reservation}};
    xen_pfn_t first = 0;
    struct xen_memory_reservation r = {{&first}, 1, GIB_ORDER, 0, gib_domain_without_pool(0)};

    call.arg[1] = ptr(&r);
    for (unsigned int i = 0; i < 3; i++)
        assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    const struct part_done part = caller->part;
    assert_int_equal(destroy(r.domid), 0);
    assert_int_equal(gib_domain_without_pool(r.domid), r.domid);
    caller->part = part; /* those calls were another vCPU's */
    assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    assert_int_equal(info_of(r.domid).tot_pages, (1UL << GIB_ORDER) - 512);
    assert_false(is_mapped(r.domid, 512));
    assert_int_equal(destroy(r.domid), 0);
}

/* Without hypercall_checks: they would look at all frames after each of the 512 steps. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_decrease_gib, setup_gib, teardown),
        cmocka_unit_test_setup_teardown(test_no_table_to_split_with, setup_gib, teardown),
        cmocka_unit_test_setup_teardown(test_another_domain_of_that_id, setup_gib, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
