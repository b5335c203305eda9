/* SPDX-License-Identifier: MIT */
/* populate_physmap while another CPU begins the domain's end: between allocation and mapping, where no lock
 * of mm/ is held. */
#include "caller.h"

/* The hypervisor's locks, but for what comes in between when a domain's own is free again. */
void own_rspin_unlock(spinlock_t *lock) NO_LOCK_CHECK;
#define rspin_unlock own_rspin_unlock
#include "../host/lock.c"
#undef rspin_unlock

static struct domain_mem *victim; /* dies as soon as it has got pages; NULL: nobody does */

static void die(void)
{
    struct domain_mem *d = victim;

    victim = NULL;
    machine_set_cpu(1);
    domain_mem_kill(d);
    machine_set_cpu(0);
}

void rspin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    own_rspin_unlock(lock);
    if (victim && lock == &victim->page_alloc_lock && lock->depth == 0 && victim->tot_pages)
        die();
}

static unsigned long available(void)
{
    struct heap_info info;

    heap_info(&info);
    return info.avail_pages;
}

/* Nothing is mapped, and the pages are the heap's again before the domain's memory is looked at. */
static void populate_and_die(uint64_t nr, unsigned int order, unsigned int flags)
{
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);
    unsigned long free_before;

    assert_int_equal(populate(domid, 0, 1, 0, flags), 1); /* the tables are there */
    assert_int_equal(decrease(domid, 0, 1, 0), 1);
    assert_int_equal(claim_node(domid, 0, 1UL << order), 0);
    free_before = available();
    victim = &d->mem;
    assert_int_equal(populate(domid, 1UL << order, nr, order, flags), 0);
    assert_null(victim); /* it came in between */
    assert_true(heap_check());
    assert_int_equal(available(), free_before);
    assert_int_equal(info_of(domid).tot_pages, 0);
    assert_int_equal(info_of(domid).outstanding_pages, 0);
    assert_null(host_gfn_ptr(d, gfn(1UL << order)));
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

static void test_one_extent(void **state UNUSED)
{
    populate_and_die(1, 0, 0);
    populate_and_die(1, 3, 0);
    populate_and_die(1, 0, XENMEMF_exact_node(0));
}

static void test_a_run(void **state UNUSED)
{
    populate_and_die(100, 0, XENMEMF_exact_node(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_one_extent), TEST(test_a_run)};

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
