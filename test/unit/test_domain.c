/* SPDX-License-Identifier: MIT */
/* Domains: ids, references, starved creation, pause counts, shutdown, destruction and zombies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "claims.h"
#include "domain.h"
#include "domheap.h"
#include "error.h"
#include "machine.h"
#include "schedule.h"
#include <xen/sched.h>

#define NODE_PAGES   4096UL
#define PAGING_PAGES 64UL

static unsigned long free_pages(void)
{
    struct heap_info info;

    heap_info(&info);
    return info.avail_pages;
}

static int setup(void **state)
{
    static unsigned long before;
    const unsigned long pages[] = {NODE_PAGES, NODE_PAGES};

    machine_create_nodes(2, pages);
    sched_init_cpu();
    before = free_pages();
    *state = &before;
    return 0;
}

static void kill_and_put(struct domain *d)
{
    int rc;

    spin_lock(&d->domctl_lock);
    do {
        rc = domain_kill(d);
    } while (rc == -ERESTART);
    spin_unlock(&d->domctl_lock);
    assert_int_equal(rc, 0);
    domain_put(d);
}

static int teardown(void **state)
{
    unsigned long before = *(unsigned long *)*state;
    domid_t next = 0;

    for (struct domain *d = domain_get_next(0); d; d = domain_get_next(next)) {
        next = d->domid + 1;
        kill_and_put(d);
    }
    assert_null(domain_get_next(0));
    assert_int_equal(free_pages(), before);
    assert_true(heap_check());
    machine_destroy();
    return 0;
}

static struct domain *new_domain(unsigned int vcpus)
{
    struct domain *d;

    assert_int_equal(domain_create(0, vcpus, &d), 0);
    for (unsigned int i = 0; i < vcpus; i++)
        assert_int_equal(domain_add_vcpu(d, i), 0);
    domain_set_max_pages(&d->mem, 2 * NODE_PAGES);
    assert_int_equal(paging_set_allocation(&d->mem, PAGING_PAGES), 0);
    return d;
}

static mfn_t populate(struct domain *d, uint64_t g, unsigned int order)
{
    struct page_info *pg = alloc_domheap_pages(&d->mem, order, 0);

    assert_non_null(pg);
    assert_int_equal(p2m_map(&d->arch, gfn(g), page_to_mfn(pg), order, P2M_RAM), 0);
    return page_to_mfn(pg);
}

static void map_foreign(struct domain *d, uint64_t g, struct domain *owner, mfn_t m)
{
    assert_true(get_page(mfn_to_page(m), &owner->mem));
    assert_int_equal(p2m_map(&d->arch, gfn(g), m, 0, P2M_FOREIGN), 0);
}

static bool exists(domid_t domid)
{
    struct domain *d = domain_get(domid);

    if (d)
        domain_put(d);
    return d != NULL;
}

/* The table outlives a test, so ids go on where the last test stopped. */
static void test_ids(void **state)
{
    struct domain *a, *b, *c;

    (void)state;
    assert_int_equal(domain_create(0, 1, &a), 0);
    assert_int_equal(domain_create(DOMID_FIRST_RESERVED, 1, &b), 0);
    assert_int_equal(b->domid, a->domid + 1);
    assert_int_equal(domain_create(b->domid, 1, &c), -EEXIST);
    assert_int_equal(domain_create(b->domid + 1, 1, &c), 0);
    assert_int_equal(c->domid, b->domid + 1);
    assert_int_equal(c->pause_count, 1);
    domain_put(a);
    domain_put(b);
    domain_put(c);
}

static void test_create_refuses_wrong_vcpu_counts(void **state)
{
    struct domain *d = NULL;

    (void)state;
    assert_int_equal(domain_create(0, 0, &d), -EINVAL);
    assert_int_equal(domain_create(0, MAX_VCPUS + 1, &d), -EINVAL);
    assert_null(d);
    d = new_domain(2);
    assert_int_equal(domain_add_vcpu(d, 1), -EEXIST);
    assert_int_equal(domain_add_vcpu(d, 2), -EINVAL);
    domain_put(d);
}

static void test_next_walks_in_order(void **state)
{
    struct domain *a = new_domain(1), *b, *c;

    (void)state;
    assert_int_equal(domain_create(a->domid + 7, 1, &c), 0);
    assert_int_equal(domain_create(a->domid + 3, 1, &b), 0);
    assert_ptr_equal(domain_get_next(0), a);
    assert_ptr_equal(domain_get_next(a->domid + 1), b);
    assert_ptr_equal(domain_get_next(b->domid + 1), c);
    assert_null(domain_get_next(c->domid + 1));
    for (int i = 0; i < 2; i++) {
        domain_put(a);
        domain_put(b);
        domain_put(c);
    }
}

/* Claim all but SPARE pages of the host for D. */
static void claim_all_but(struct domain *d, unsigned long spare)
{
    memory_claim_t claim = {.pages = free_pages() - spare, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST};

    assert_int_equal(domain_set_claim_entries(&d->mem, 1, &claim), 0);
}

/* Whatever the step at which memory runs out: ENOMEM, and every page is back. */
static void test_claims_starve_creation(void **state)
{
    struct domain *claimer = new_domain(1), *d = NULL;
    unsigned long spare, before;
    int rc;

    (void)state;
    for (spare = 0;; spare++) {
        claim_all_but(claimer, spare);
        before = free_pages();
        rc = domain_create(0, 1, &d);
        if (rc == 0)
            break;
        assert_int_equal(rc, -ENOMEM);
        assert_int_equal(free_pages(), before);
    }
    assert_true(spare > 0);
    for (spare = 0;; spare++) {
        claim_all_but(claimer, spare);
        before = free_pages();
        rc = domain_add_vcpu(d, 0);
        if (rc == 0)
            break;
        assert_int_equal(rc, -ENOMEM);
        assert_int_equal(free_pages(), before);
    }
    assert_true(spare > 0);
    assert_true(heap_check());
    domain_put(d);
    domain_put(claimer);
}

static void test_destruction_gives_everything_back(void **state)
{
    unsigned long before = *(unsigned long *)*state;
    struct domain *d = new_domain(3);
    domid_t domid = d->domid;

    claim_all_but(d, 10);
    populate(d, 0, 10);
    populate(d, 1024, 0);
    populate(d, 1025, 0);
    populate(d, 2048, 4);
    kill_and_put(d);
    assert_false(exists(domid));
    assert_int_equal(free_pages(), before);
}

static void test_begin_of_destruction_releases_claims(void **state)
{
    struct domain_mem_info info;
    struct domain *d = new_domain(1);

    (void)state;
    claim_all_but(d, 0);
    domain_begin_kill(d);
    domain_mem_info(&d->mem, &info);
    assert_int_equal(info.outstanding_pages, 0);
    assert_true(d->is_dying);
    assert_true(exists(d->domid));
    assert_null(alloc_domheap_pages(&d->mem, 0, 0));
    domain_put(d);
}

static void test_references_keep_the_structure(void **state)
{
    struct domain *d = new_domain(1), *again = domain_get(d->domid);
    domid_t domid = d->domid;

    (void)state;
    assert_ptr_equal(again, d);
    kill_and_put(d);
    assert_true(again->torn_down);
    assert_true(exists(domid));
    domain_put(again);
    assert_false(exists(domid));
}

/* A page that B maps keeps A until B lets go of it. */
static void test_zombie_leaves_with_its_last_page(void **state)
{
    struct domain *a = new_domain(1), *b = new_domain(1);
    domid_t domid = a->domid;
    mfn_t m = populate(a, 0, 2);
    struct domain_mem_info info;

    (void)state;
    map_foreign(b, 7, a, mfn(m.v + 1));
    map_foreign(b, 600, a, mfn(m.v + 1));
    kill_and_put(a);
    a = domain_get(domid);
    assert_non_null(a);
    domain_mem_info(&a->mem, &info);
    assert_int_equal(info.tot_pages, 1);
    assert_int_equal(info.paging_total, 0);
    domain_put(a);
    assert_true(exists(domid));
    kill_and_put(b);
    assert_false(exists(domid));
}

static void test_two_domains_map_each_other(void **state)
{
    struct domain *a = new_domain(1), *b = new_domain(1);

    (void)state;
    map_foreign(b, 100, a, populate(a, 0, 0));
    map_foreign(a, 100, b, populate(b, 0, 0));
    kill_and_put(a);
    assert_false(b->is_dying);
    kill_and_put(b);
    assert_null(domain_get_next(0));
}

static void test_no_domain_destroys_itself(void **state)
{
    struct domain *d = new_domain(1);

    (void)state;
    set_current_vcpu(d->vcpu[0]);
    spin_lock(&d->domctl_lock);
    assert_int_equal(domain_kill(d), -EINVAL);
    spin_unlock(&d->domctl_lock);
    set_current_vcpu(NULL);
    assert_false(d->is_dying);
    domain_put(d);
}

static void test_pauses_count(void **state)
{
    struct domain *d = new_domain(1);

    (void)state;
    assert_false(domain_may_run(d));
    assert_int_equal(domain_unpause(d), 0);
    assert_true(domain_may_run(d));
    assert_int_equal(domain_unpause(d), -EINVAL);
    assert_int_equal(domain_pause(d), 0);
    assert_int_equal(domain_pause(d), 0);
    assert_int_equal(domain_unpause(d), 0);
    assert_false(domain_may_run(d));
    assert_int_equal(domain_unpause(d), 0);
    assert_true(domain_may_run(d));
    domain_put(d);
}

/* The hypervisor's own hold, while it reads or writes a vCPU's state, is nobody else's to end. */
static void test_unpause_ends_no_hold(void **state)
{
    struct domain *d = new_domain(1);

    (void)state;
    assert_int_equal(domain_hold(d), 0);
    assert_int_equal(domain_unpause(d), 0);
    assert_int_equal(domain_unpause(d), -EINVAL);
    assert_false(domain_may_run(d));
    domain_release(d);
    assert_true(domain_may_run(d));
    domain_put(d);
}

static void test_first_shutdown_reason_counts(void **state)
{
    struct domain *d = new_domain(1);

    (void)state;
    assert_int_equal(domain_unpause(d), 0);
    domain_shutdown(d, SHUTDOWN_reboot);
    domain_shutdown(d, SHUTDOWN_crash);
    assert_true(d->shut_down);
    assert_int_equal(d->shutdown_code, SHUTDOWN_reboot);
    assert_false(domain_may_run(d));
    domain_put(d);
}

/* Last of all: the count of boot domains lives as long as the machine. */
static void test_machine_ends_with_its_boot_domains(void **state)
{
    struct domain *a = new_domain(1), *b = new_domain(1), *c = new_domain(1);
    bool ok;

    (void)state;
    assert_false(domains_ended(&ok));
    domain_set_boot(a);
    domain_set_boot(b);
    domain_shutdown(a, SHUTDOWN_poweroff);
    domain_shutdown(c, SHUTDOWN_crash);
    assert_false(domains_ended(&ok));
    domain_begin_kill(a);
    assert_false(domains_ended(&ok));
    domain_begin_kill(b);
    assert_true(domains_ended(&ok));
    assert_true(ok);
    domain_put(a);
    domain_put(b);
    a = new_domain(1);
    domain_set_boot(a);
    assert_false(domains_ended(&ok));
    upcall_crash(a->vcpu[0], "test");
    assert_int_equal(a->shutdown_code, SHUTDOWN_crash);
    assert_true(domains_ended(&ok));
    assert_false(ok);
    domain_put(a);
    domain_put(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ids),
        TEST(test_create_refuses_wrong_vcpu_counts),
        TEST(test_next_walks_in_order),
        TEST(test_claims_starve_creation),
        TEST(test_destruction_gives_everything_back),
        TEST(test_begin_of_destruction_releases_claims),
        TEST(test_references_keep_the_structure),
        TEST(test_zombie_leaves_with_its_last_page),
        TEST(test_two_domains_map_each_other),
        TEST(test_no_domain_destroys_itself),
        TEST(test_pauses_count),
        TEST(test_unpause_ends_no_hold),
        TEST(test_first_shutdown_reason_counts),
        TEST(test_machine_ends_with_its_boot_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
