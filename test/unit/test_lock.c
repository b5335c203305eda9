/* SPDX-License-Identifier: MIT */
/* The hypervisor's own locks: they exclude, serve in order, and count what happens to them. */
#include "../../kernel/lock.c"
#include "caller.h"

#include <pthread.h>
#include <sched.h>

#define NR_THREADS 4U
#define ROUNDS     2000U

static spinlock_t lock = SPINLOCK_INIT(RANK_P2M, "first"), other = SPINLOCK_INIT(RANK_HEAP, "second");

/* What is counted under this name; nothing where there is none. */
static struct lock_stat stat_of(const char *name)
{
    struct lock_stat s;

    for (unsigned int i = 0; lock_stat_read(i, &s); i++)
        if (!strcmp(s.name, name))
            return s;
    return (struct lock_stat){0};
}

static void test_counts(void **state UNUSED)
{
    lock_stat_reset();
    for (unsigned int i = 0; i < 3; i++) {
        spin_lock(&lock);
        spin_lock(&other);
        spin_unlock(&other);
        spin_unlock(&lock);
    }
    assert_int_equal(stat_of("first").taken, 3);
    assert_int_equal(stat_of("second").taken, 3);
    assert_int_equal(stat_of("first").contended, 0);
    assert_int_equal(stat_of("first").longest_wait, 0);
    assert_true(stat_of("first").longest_hold > stat_of("second").longest_hold);
    assert_true(stat_of("second").longest_hold > 0);
    lock_stat_reset();
    assert_int_equal(stat_of("first").taken, 0);
    assert_int_equal(stat_of("first").longest_hold, 0);
}

/* One name, several locks. */
static void test_locks_of_a_name(void **state UNUSED)
{
    char same[] = "first";
    spinlock_t twin = SPINLOCK_INIT(RANK_P2M, same);

    lock_stat_reset();
    spin_lock(&lock);
    spin_unlock(&lock);
    spin_lock(&twin);
    spin_unlock(&twin);
    assert_int_equal(stat_of("first").taken, 2);
}

/* Taken once and held to the last unlock. */
static void test_recursive(void **state UNUSED)
{
    lock_stat_reset();
    rspin_lock(&lock);
    rspin_lock(&lock);
    assert_true(spin_is_mine(&lock));
    rspin_unlock(&lock);
    assert_true(spin_is_mine(&lock));
    rspin_unlock(&lock);
    assert_false(spin_is_mine(&lock));
    assert_int_equal(stat_of("first").taken, 1);
}

static unsigned int inside, turns[NR_THREADS];

static void *take_turns(void *cpu)
{
    machine_set_cpu((unsigned int)(uintptr_t)cpu);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        spin_lock(&lock);
        assert_int_equal(inside++, 0);
        turns[(uintptr_t)cpu]++;
        if (i % 64 == 0)
            sched_yield(); /* another one comes and has to wait, even on one processor */
        inside--;
        spin_unlock(&lock);
    }
    return NULL;
}

/* Each waits, nobody in vain: all the threads' counters add up. */
static void test_many_cpus(void **state UNUSED)
{
    pthread_t threads[NR_THREADS];

    lock_stat_reset();
    for (uintptr_t i = 0; i < NR_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, (void *)i), 0);
    for (unsigned int i = 0; i < NR_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(turns[i], ROUNDS);
    }
    assert_int_equal(stat_of("first").taken, NR_THREADS * ROUNDS);
    assert_true(stat_of("first").contended > 0);
    assert_true(stat_of("first").longest_wait > 0);
    assert_true(stat_of("first").contended < NR_THREADS * ROUNDS);
}

/* ---- the sysctl ---- */

static int64_t lock_stats(uint32_t *nr, uint32_t flags, xen_lock_stat_t *rows)
{
    struct xen_sysctl op = {0};
    int64_t rc;

    *allod_lock_stats(&op) = (struct xen_sysctl_lock_stats){.nr_locks = *nr, .flags = flags};
    set_xen_guest_handle_raw(allod_lock_stats(&op)->locks, rows);
    rc = sysctl(XEN_SYSCTL_lock_stats, &op);
    *nr = allod_lock_stats(&op)->nr_locks;
    return rc;
}

static const xen_lock_stat_t *row_named(const xen_lock_stat_t *rows, uint32_t nr, const char *name)
{
    for (uint32_t i = 0; i < nr; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    fail_msg("no lock \"%s\"", name);
    return NULL;
}

/* A domain's birth and a populate take these locks; each as often as was counted. */
static void test_sysctl(void **state UNUSED)
{
    xen_lock_stat_t rows[MAX_LOCK_NAMES], before;
    uint32_t nr = MAX_LOCK_NAMES;
    domid_t domid = new_domain();

    assert_int_equal(lock_stats(&nr, 0, rows), 0);
    before = *row_named(rows, nr, "heap");
    assert_true(before.taken > 0 && before.longest_hold > 0 && before.where);
    assert_true(row_named(rows, nr, "domain table")->taken > 0);
    assert_true(row_named(rows, nr, "domctl")->taken > 0);
    assert_true(row_named(rows, nr, "paging pool")->taken > 0);
    assert_int_equal(populate(domid, 0, 4, 0, 0), 4);
    nr = MAX_LOCK_NAMES; /* of locks that nobody had taken before */
    assert_int_equal(lock_stats(&nr, ALLOD_LOCKS_RESET, rows), 0);
    assert_true(row_named(rows, nr, "heap")->taken >= before.taken + 4);
    assert_int_equal(lock_stats(&nr, 0, rows), 0);
    assert_int_equal(row_named(rows, nr, "paging pool")->taken, 0);
}

static void test_sysctl_refuses(void **state UNUSED)
{
    xen_lock_stat_t rows[MAX_LOCK_NAMES];
    uint32_t nr = 0, needed;

    assert_int_equal(lock_stats(&nr, 0, NULL), 0);
    assert_true(nr > 3);
    needed = nr--;
    assert_int_equal(lock_stats(&nr, ALLOD_LOCKS_RESET, rows), -ENOBUFS);
    assert_int_equal(nr, needed);
    assert_true(row_named(rows, nr - 1, "heap")->taken > 0);
    assert_int_equal(lock_stats(&nr, 0, rows), 0);
    assert_true(row_named(rows, nr, "heap")->taken > 0); /* what was refused has not reset them */
    assert_int_equal(lock_stats(&nr, 2, rows), -EINVAL);
    assert_int_equal(lock_stats(&nr, 0, (void *)BAD_PTR), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_locks_of_a_name),
        cmocka_unit_test(test_recursive),
        cmocka_unit_test(test_many_cpus),
        TEST(test_sysctl),
        TEST(test_sysctl_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
