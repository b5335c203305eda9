/* SPDX-License-Identifier: MIT */
/* The scheduler on a fake clock: vCPUs that halt, what wakes them, and how long the CPU is idle. */
#include "sched_cpu_test.h"

/* Each look at nothing is for machine checks, a second after the last. */
static void end_after_5_looks(void)
{
    if (nr_idle == 5)
        domain_shutdown(ender, SHUTDOWN_poweroff);
}

static void sleeps_for_good(struct vcpu *v)
{
    at_idle = end_after_5_looks;
    run(halt, MAX_TURNS);
    at_idle = NULL;
    assert_int_equal(nr_turns, 1);
    assert_ptr_equal(turns[0], v);
    assert_int_equal(clock_ns - turn_at[0], 4000 * MS);
}

static void test_halt_sleeps_for_good(void **state UNUSED)
{
    struct vcpu *a = new_running_vcpu();

    a->domain->hvm_param[HVM_PARAM_CALLBACK_IRQ] = 1;
    sleeps_for_good(a);
}

static void test_halt_sleeps_until_an_upcall(void **state UNUSED)
{
    struct vcpu *a = new_running_vcpu();

    a->upcall_vector = 0x40;
    sleeps_for_good(a);
}

static bool apic_is_on;

bool arch_vcpu_apic_is_on(const struct arch_vcpu *v UNUSED)
{
    return apic_is_on;
}

static void test_halt_sleeps_until_the_apic_interrupts(void **state UNUSED)
{
    struct vcpu *a = new_running_vcpu();

    apic_is_on = true;
    sleeps_for_good(a);
    apic_is_on = false;
}

static void sleep_4ms(struct vcpu *v)
{
    vcpu_block(v, clock_ns + 4 * MS);
}

static void test_sleep_until_a_deadline(void **state UNUSED)
{
    new_running_vcpu();
    run(sleep_4ms, 3);
    assert_int_equal(turn_at[2] - turn_at[0], 8 * MS);
}

/* A timer below a millisecond would starve a slow machine. */
static void sleep_1ns(struct vcpu *v)
{
    vcpu_block(v, clock_ns + 1);
}

static void test_idle_never_waits_less_than_a_millisecond(void **state UNUSED)
{
    new_running_vcpu();
    run(sleep_1ns, 2);
    assert_int_equal(turn_at[1] - turn_at[0], MS);
}

static struct vcpu *sleeper;

static void sleep_or_wake(struct vcpu *v)
{
    if (v == sleeper) {
        vcpu_block(v, UINT64_MAX);
    } else {
        clock_ns += MS;
        vcpu_wake(sleeper);
        vcpu_yield(v);
    }
}

static void test_wake_preempts(void **state UNUSED)
{
    struct vcpu *b;

    sleeper = new_running_vcpu();
    b = new_running_vcpu();
    run(sleep_or_wake, 4);
    assert_ptr_equal(turns[1], b);
    assert_ptr_equal(turns[2], sleeper);
    assert_int_equal(turn_at[2] - turn_at[0], MS);
    vcpu_wake(b); /* not asleep: nothing happens */
    assert_int_equal(b->state, VCPU_RUNNABLE);
}

static bool nmi;

bool arch_vcpu_has_nmi(const struct arch_vcpu *v UNUSED)
{
    return nmi;
}

/* Whether it comes before HLT or after; but not one that was taken down by a call. */
static void test_nmi_ends_halt_without_interrupts(void **state UNUSED)
{
    struct vcpu *first = new_running_vcpu(), *v;

    assert_int_equal(domain_add_vcpu(first->domain, 1), 0);
    v = first->domain->vcpu[1];
    vcpu_up(v);
    upcall_halt(v, false);
    assert_false(vcpu_nmi(v));
    assert_false(vcpu_is_up(v));
    nmi = true;
    assert_true(vcpu_nmi(v));
    assert_true(vcpu_is_up(v));
    upcall_halt(v, false);
    assert_true(vcpu_is_up(v));
    vcpu_down(v);
    assert_false(vcpu_nmi(v));
    assert_false(vcpu_is_up(v));
    nmi = false;
    assert_false(first->domain->shut_down);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_halt_sleeps_for_good),
        TEST(test_halt_sleeps_until_an_upcall),
        TEST(test_halt_sleeps_until_the_apic_interrupts),
        TEST(test_sleep_until_a_deadline),
        TEST(test_idle_never_waits_less_than_a_millisecond),
        TEST(test_wake_preempts),
        TEST(test_nmi_ends_halt_without_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
