/* SPDX-License-Identifier: MIT */
/* Machine checks: what a bank means, and what becomes of pages and domains. Spec section 9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/mca.h"
#include "domain.h"
#include "domheap.h"
#include "host_log.h"
#include "machine.h"
#include "machine_check.h"
#include "offline.h"
#include "schedule.h"
#include <string.h>
#include <xen/sched.h>

#define LOST (MCI_STATUS_VAL | MCI_STATUS_UC | MCI_STATUS_ADDRV)
#define PAGE 0x12345UL

/* ---- what a bank means ---- */

static const struct {
    const char *what;
    uint64_t status;
    bool can_resume, overflow_recovers;
    enum machine_check_kind kind;
} banks[] = {
    {"corrected", MCI_STATUS_VAL | MCI_STATUS_ADDRV, true, false, MACHINE_CHECK_CORRECTED},
    {"corrected, no address", MCI_STATUS_VAL, true, false, MACHINE_CHECK_CORRECTED},
    {"corrected, beside what cannot go on", MCI_STATUS_VAL, false, false, MACHINE_CHECK_CORRECTED},
    {"corrected, others lost", MCI_STATUS_VAL | MCI_STATUS_OVER, true, false, MACHINE_CHECK_CORRECTED},
    {"not corrected", LOST, true, false, MACHINE_CHECK_DATA_LOST},
    {"not corrected, others lost", LOST | MCI_STATUS_OVER, true, false, MACHINE_CHECK_FATAL},
    {"not corrected, lesser ones lost", LOST | MCI_STATUS_OVER, true, true, MACHINE_CHECK_DATA_LOST},
    {"not corrected, no address", LOST & ~MCI_STATUS_ADDRV, true, true, MACHINE_CHECK_FATAL},
    {"not corrected, cannot go on", LOST, false, true, MACHINE_CHECK_FATAL},
    {"deferred", MCI_STATUS_VAL | MCI_STATUS_DEFERRED | MCI_STATUS_ADDRV, true, false,
     MACHINE_CHECK_DATA_LOST},
    {"deferred, no address", MCI_STATUS_VAL | MCI_STATUS_DEFERRED, true, false, MACHINE_CHECK_FATAL},
    {"the CPU's state", LOST | MCI_STATUS_PCC, true, true, MACHINE_CHECK_FATAL},
    {"the CPU's state, corrected", MCI_STATUS_VAL | MCI_STATUS_PCC, true, true, MACHINE_CHECK_FATAL},
};

/* Bits above the physical address tell how exact it is. */
static void test_banks(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(banks); i++) {
        const uint64_t address = PAGE << PAGE_SHIFT | 0xabc | 6UL << 56;
        struct machine_check mc =
            mca_decode(7, banks[i].status, address, banks[i].can_resume, banks[i].overflow_recovers);
        bool has_address = banks[i].status & MCI_STATUS_ADDRV;

        if (mc.kind != banks[i].kind || !mc.why != (mc.kind != MACHINE_CHECK_FATAL))
            fail_msg("%s: expected kind %d, seen %d (%s)", banks[i].what, banks[i].kind, mc.kind, mc.why);
        assert_int_equal(mc.bank, 7);
        assert_int_equal(mc.status, banks[i].status);
        assert_int_equal(mc.address, has_address ? address : 0);
        assert_int_equal(mc.mfn.v, has_address ? PAGE : INVALID_MFN.v);
    }
}

/* ---- what becomes of it ---- */

static uint64_t now;

static int begin(void **state)
{
    const unsigned long pages[] = {1024};

    (void)state;
    machine_create_nodes(1, pages);
    sched_init_cpu();
    return 0;
}

static int end(void **state)
{
    (void)state;
    machine_destroy();
    return 0;
}

static void report(enum machine_check_kind kind, mfn_t m)
{
    upcall_machine_check(&(struct machine_check){.kind = kind, .bank = 4, .mfn = m});
}

static unsigned long free_pages(void)
{
    struct heap_info info;

    assert_true(heap_check());
    heap_info(&info);
    return info.avail_pages;
}

static void assert_broken(mfn_t m, enum offline_outcome outcome)
{
    struct offline_result r = heap_query_page(m);

    assert_int_equal(r.outcome, outcome);
    assert_true(r.broken);
}

static void test_free_page_leaves_at_the_safe_point(void **state)
{
    const mfn_t m = mfn(machine_node_range(0).start.v + 9);
    const unsigned long before = free_pages(), lost = machine_check_counts().data_lost;

    (void)state;
    report(MACHINE_CHECK_DATA_LOST, m);
    assert_true(machine_checks_pending());
    assert_int_equal(free_pages(), before);
    machine_checks_handle(now++);
    assert_false(machine_checks_pending());
    assert_int_equal(free_pages(), before - 1);
    assert_broken(m, OFFLINE_DONE);
    assert_int_equal(machine_check_counts().data_lost, lost + 1);
    assert_int_equal(heap_online_page(m).outcome, ONLINE_BROKEN);
}

static struct domain *new_domain(mfn_t *first)
{
    struct domain *d;
    struct page_info *pg;

    assert_int_equal(domain_create(0, 1, &d), 0);
    domain_set_max_pages(&d->mem, 16);
    pg = alloc_domheap_pages(&d->mem, 2, MEMF_no_scrub);
    assert_non_null(pg);
    *first = page_to_mfn(pg);
    return d;
}

static void destroy(struct domain *d)
{
    spin_lock(&d->domctl_lock);
    assert_int_equal(domain_kill(d), 0);
    spin_unlock(&d->domctl_lock);
    domain_put(d);
    domain_put(d); /* the creator's */
}

/* Twice in one domain: it ends once. Its pages leave when they are freed. */
static void test_owner_ends_and_others_do_not(void **state)
{
    const unsigned long before = free_pages();
    mfn_t m, other;
    struct domain *victim = new_domain(&m), *bystander = new_domain(&other);

    (void)state;
    report(MACHINE_CHECK_DATA_LOST, m);
    report(MACHINE_CHECK_DATA_LOST, mfn(m.v + 2));
    machine_checks_handle(now++);
    assert_true(victim->shut_down);
    assert_int_equal(victim->shutdown_code, SHUTDOWN_crash);
    assert_false(bystander->shut_down);
    assert_broken(m, OFFLINE_PENDING);
    assert_broken(mfn(m.v + 2), OFFLINE_PENDING);
    destroy(victim);
    assert_broken(m, OFFLINE_DONE);
    assert_broken(mfn(m.v + 2), OFFLINE_DONE);
    destroy(bystander);
    assert_int_equal(free_pages(), before - 2);
}

static unsigned int nr_crashes;

static void count_crashes(const char *s, size_t n)
{
    (void)n;
    nr_crashes += strstr(s, " crashed: ") != NULL;
}

/* The same page again: the domain has ended, and that was said. */
static void test_one_page_is_one_crash(void **state)
{
    mfn_t m;
    struct domain *d = new_domain(&m);

    (void)state;
    nr_crashes = 0;
    host_log_sink = count_crashes;
    for (unsigned int i = 0; i < 3; i++) {
        report(MACHINE_CHECK_DATA_LOST, m);
        machine_checks_handle(now++);
        assert_true(d->shut_down);
        assert_int_equal(nr_crashes, 1);
    }
    host_log_sink = NULL;
    destroy(d);
}

/* The owner has given the page up, somebody else has a reference: the owner has lost nothing. */
static void test_given_up_page_hurts_nobody(void **state)
{
    const unsigned long before = free_pages();
    mfn_t m;
    struct domain *d = new_domain(&m);

    (void)state;
    assert_true(get_page(mfn_to_page(m), &d->mem));
    free_domheap_pages(&d->mem, mfn_to_page(m), 0);
    report(MACHINE_CHECK_DATA_LOST, m);
    machine_checks_handle(now++);
    assert_false(d->shut_down);
    assert_broken(m, OFFLINE_PENDING);
    put_page(&d->mem, mfn_to_page(m));
    assert_broken(m, OFFLINE_DONE);
    destroy(d);
    assert_int_equal(free_pages(), before - 1);
}

/* However many come, none of them waits for ever, and no page leaves. */
static void test_corrected_errors_are_counted(void **state)
{
    const unsigned long before = free_pages(), corrected = machine_check_counts().corrected;

    (void)state;
    for (unsigned int i = 0; i < 100; i++)
        report(MACHINE_CHECK_CORRECTED, machine_node_range(0).start);
    machine_checks_handle(now++);
    assert_false(machine_checks_pending());
    assert_in_range(machine_check_counts().corrected, corrected + 1, corrected + 99);
    assert_int_equal(free_pages(), before);
    report(MACHINE_CHECK_CORRECTED, INVALID_MFN);
    machine_checks_handle(now++);
    assert_false(machine_checks_pending());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_banks),
        cmocka_unit_test_setup_teardown(test_free_page_leaves_at_the_safe_point, begin, end),
        cmocka_unit_test_setup_teardown(test_owner_ends_and_others_do_not, begin, end),
        cmocka_unit_test_setup_teardown(test_one_page_is_one_crash, begin, end),
        cmocka_unit_test_setup_teardown(test_given_up_page_hurts_nobody, begin, end),
        cmocka_unit_test_setup_teardown(test_corrected_errors_are_counted, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
