/* SPDX-License-Identifier: MIT */
/* The scheduler on a fake clock: turns, slices, pauses, ends, and a pause from another CPU. */
#include "sched_cpu_test.h"
#include <pthread.h>

static void use_up_slice(struct vcpu *v UNUSED)
{
    let_timer_fire();
}

static void test_turns_go_round(void **state UNUSED)
{
    struct vcpu *a = new_running_vcpu(), *b = new_running_vcpu(), *c = new_running_vcpu();
    struct vcpu *const order[] = {a, b, c, a, b, c, a};

    run(use_up_slice, ARRAY_SIZE(order));
    assert_memory_equal(turns, order, sizeof(order));
    assert_int_equal(turn_at[1] - turn_at[0], SCHED_SLICE_NS);
    assert_int_equal(sched_cpu_time(a), 3 * SCHED_SLICE_NS);
    assert_int_equal(sched_cpu_time(c), 2 * SCHED_SLICE_NS);
    assert_int_equal(nr_idle, 0);
}

static void yield(struct vcpu *v)
{
    clock_ns += MS;
    vcpu_yield(v);
}

static void test_yield_gives_the_rest_away(void **state UNUSED)
{
    struct vcpu *a = new_running_vcpu(), *b = new_running_vcpu();
    struct vcpu *const order[] = {a, b, a, b};

    run(yield, ARRAY_SIZE(order));
    assert_memory_equal(turns, order, sizeof(order));
    assert_int_equal(sched_cpu_time(a), 2 * MS);
}

static void test_without_interrupts_halt_is_a_slice(void **state UNUSED)
{
    new_running_vcpu();
    run(halt, 3);
    assert_int_equal(turn_at[1] - turn_at[0], SCHED_SLICE_NS);
}

static struct vcpu *other;

static void pause_other(struct vcpu *v)
{
    if (nr_turns == 2)
        assert_int_equal(domain_pause(other->domain), 0);
    if (nr_turns == 4)
        assert_int_equal(domain_unpause(other->domain), 0);
    use_up_slice(v);
}

static void test_paused_domain_gets_no_turn(void **state UNUSED)
{
    struct vcpu *a, *never = new_vcpu();

    other = new_running_vcpu();
    a = new_running_vcpu();
    struct vcpu *const order[] = {other, a, a, a, other, a};

    run(pause_other, ARRAY_SIZE(order));
    assert_memory_equal(turns, order, sizeof(order));
    assert_int_equal(sched_cpu_time(never), 0);
}

static void crash_once(struct vcpu *v)
{
    if (v == other)
        upcall_crash(v, "test");
    else
        use_up_slice(v);
}

static void test_crash_stops_one_domain(void **state UNUSED)
{
    struct vcpu *a;

    other = new_running_vcpu();
    a = new_running_vcpu();
    struct vcpu *const order[] = {other, a, a, a};

    run(crash_once, ARRAY_SIZE(order));
    assert_memory_equal(turns, order, sizeof(order));
    assert_true(other->domain->shut_down);
    assert_int_equal(other->domain->shutdown_code, SHUTDOWN_crash);
    assert_false(a->domain->shut_down);
}

static void halt_for_good(struct vcpu *v)
{
    if (v->domain == other->domain)
        upcall_halt(v, false);
    else
        use_up_slice(v);
}

static void test_last_vcpu_down_is_power_off(void **state UNUSED)
{
    struct vcpu *second, *a;

    other = new_running_vcpu();
    assert_int_equal(domain_add_vcpu(other->domain, 1), 0);
    second = other->domain->vcpu[1];
    vcpu_up(second);
    a = new_running_vcpu();
    struct vcpu *const order[] = {other, second, a, a};

    run(halt_for_good, ARRAY_SIZE(order));
    assert_memory_equal(turns, order, sizeof(order));
    assert_true(other->domain->shut_down);
    assert_int_equal(other->domain->shutdown_code, SHUTDOWN_poweroff);
    assert_false(vcpu_is_up(second));
}

static void destroy_other(struct vcpu *v)
{
    struct domain *d = domain_get(other->domain->domid);

    if (nr_turns == 2) {
        spin_lock(&d->domctl_lock);
        assert_int_equal(domain_kill(d), 0);
        spin_unlock(&d->domctl_lock);
    }
    domain_put(d);
    use_up_slice(v);
}

static void test_dead_domain_gets_no_turn(void **state UNUSED)
{
    struct vcpu *a;

    other = new_running_vcpu();
    a = new_running_vcpu();
    struct vcpu *const order[] = {other, a, a, a};

    run(destroy_other, ARRAY_SIZE(order));
    assert_memory_equal(turns, order, sizeof(order));
}

/* ---- two CPUs ---- */

static bool reached_guest, hold; /* hold: deaf to what it is told */

static void spin_until_told(struct vcpu *v)
{
    __atomic_store_n(&reached_guest, true, __ATOMIC_SEQ_CST);
    while (READ_ONCE(hold) || !upcall_need_resched(v))
        ;
}

static void *second_cpu(void *unused)
{
    machine_set_cpu(1);
    sched_init_cpu();
    run(spin_until_told, MAX_TURNS);
    return unused;
}

static void wait_for_guest(void)
{
    while (!__atomic_load_n(&reached_guest, __ATOMIC_SEQ_CST))
        ;
    __atomic_store_n(&reached_guest, false, __ATOMIC_SEQ_CST);
}

static void pin(struct vcpu *v, unsigned int cpu)
{
    struct cpumask one = CPUMASK_NONE, all = CPUMASK_ALL;

    cpumask_add(&one, cpu);
    spin_lock(&v->domain->domctl_lock);
    vcpu_set_affinity(v, &one, &all);
    spin_unlock(&v->domain->domctl_lock);
}

static void test_pause_waits_for_another_cpu(void **state UNUSED)
{
    struct vcpu *here = new_running_vcpu(), *there;
    pthread_t thread;

    host_info.nr_cpus = 2;
    there = new_running_vcpu();
    pin(here, 0);
    pin(there, 1);
    assert_int_equal(pthread_create(&thread, NULL, second_cpu, NULL), 0);
    wait_for_guest();
    assert_true(sched_domain_runs(there->domain));
    assert_int_equal(domain_pause(there->domain), 0);
    assert_false(sched_domain_runs(there->domain));

    /* A caller that must itself leave its CPU does not wait: the other one may be waiting for it. */
    assert_int_equal(domain_pause(here->domain), 0);
    hold = true;
    assert_int_equal(domain_unpause(there->domain), 0);
    wait_for_guest();
    set_current_vcpu(here);
    assert_int_equal(domain_pause(there->domain), -ERESTART);
    assert_int_equal(there->domain->pause_count, 0);
    set_current_vcpu(NULL);

    spin_lock(&there->domain->domctl_lock);
    assert_int_equal(domain_kill(there->domain), -ERESTART);
    spin_unlock(&there->domain->domctl_lock);
    WRITE_ONCE(hold, false);
    while (sched_domain_runs(there->domain))
        ;
    domain_shutdown(ender, SHUTDOWN_poweroff);
    assert_int_equal(pthread_join(thread, NULL), 0);
    host_info.nr_cpus = 1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_turns_go_round),
        TEST(test_yield_gives_the_rest_away),
        TEST(test_without_interrupts_halt_is_a_slice),
        TEST(test_paused_domain_gets_no_turn),
        TEST(test_crash_stops_one_domain),
        TEST(test_last_vcpu_down_is_power_off),
        TEST(test_dead_domain_gets_no_turn),
        TEST(test_pause_waits_for_another_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
