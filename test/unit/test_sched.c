/* SPDX-License-Identifier: MIT */
/* The scheduler on a fake clock: turns, slices, sleep, pauses, ends, and a pause from another CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "affinity.h"
#include "error.h"
#include "heap.h"
#include "host_info.h"
#include "machine.h"
#include "sched_test.h"
#include "schedule.h"
#include <xen/sched.h>

#define MAX_TURNS 64

static uint64_t clock_ns, timer_at;
static struct vcpu *turns[MAX_TURNS]; /* who ran, in order */
static uint64_t turn_at[MAX_TURNS];
static unsigned int nr_turns, nr_idle, turns_wanted;
static void (*program)(struct vcpu *v); /* what a guest does with its turn */

uint64_t arch_now(void)
{
    return READ_ONCE(clock_ns);
}

void arch_timer_set(uint64_t deadline)
{
    timer_at = deadline;
}

static void let_timer_fire(void)
{
    assert_true(timer_at > clock_ns);
    WRITE_ONCE(clock_ns, timer_at);
    upcall_timer();
}

static void (*at_idle)(void);

void arch_idle(void)
{
    if (++nr_idle, at_idle)
        at_idle();
    if (!READ_ONCE(ender->shut_down))
        let_timer_fire();
}

void arch_vcpu_run(struct arch_vcpu *a)
{
    struct vcpu *v = current_vcpu();

    assert_ptr_equal(v->arch, a);
    assert_false(upcall_need_resched(v));
    turn_at[nr_turns] = clock_ns;
    turns[nr_turns++] = v;
    if (nr_turns == turns_wanted)
        domain_shutdown(ender, SHUTDOWN_poweroff);
    program(v);
    assert_true(upcall_need_resched(v));
}

static void use_up_slice(struct vcpu *v UNUSED)
{
    let_timer_fire();
}

static void run(void (*what)(struct vcpu *v), unsigned int wanted)
{
    program = what;
    nr_turns = nr_idle = 0;
    turns_wanted = wanted;
    sched_run();
}

static struct vcpu *new_vcpu(void)
{
    struct domain *d;

    assert_int_equal(domain_create(0, 2, &d), 0);
    assert_int_equal(domain_add_vcpu(d, 0), 0);
    vcpu_up(d->vcpu[0]);
    return d->vcpu[0];
}

static struct vcpu *new_running_vcpu(void)
{
    struct vcpu *v = new_vcpu();

    assert_int_equal(domain_unpause(v->domain), 0);
    return v;
}

static int setup(void **state UNUSED)
{
    const unsigned long pages[] = {4096};

    machine_create_nodes(1, pages);
    sched_init_cpu();
    create_ender();
    return 0;
}

static int teardown(void **state UNUSED)
{
    destroy_domains();
    machine_destroy();
    return 0;
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

static void halt(struct vcpu *v)
{
    upcall_halt(v, true);
}

static void test_without_interrupts_halt_is_a_slice(void **state UNUSED)
{
    new_running_vcpu();
    run(halt, 3);
    assert_int_equal(turn_at[1] - turn_at[0], SCHED_SLICE_NS);
}

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

static bool nmi;

bool arch_vcpu_has_nmi(const struct arch_vcpu *v UNUSED)
{
    return nmi;
}

/* Whether it comes before HLT or after; but not one that was taken down by a call. */
static void test_nmi_ends_halt_without_interrupts(void **state UNUSED)
{
    struct vcpu *v;

    other = new_running_vcpu();
    assert_int_equal(domain_add_vcpu(other->domain, 1), 0);
    v = other->domain->vcpu[1];
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
    assert_false(other->domain->shut_down);
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
        TEST(test_halt_sleeps_for_good),
        TEST(test_halt_sleeps_until_an_upcall),
        TEST(test_halt_sleeps_until_the_apic_interrupts),
        TEST(test_sleep_until_a_deadline),
        TEST(test_idle_never_waits_less_than_a_millisecond),
        TEST(test_wake_preempts),
        TEST(test_paused_domain_gets_no_turn),
        TEST(test_crash_stops_one_domain),
        TEST(test_last_vcpu_down_is_power_off),
        TEST(test_nmi_ends_halt_without_interrupts),
        TEST(test_dead_domain_gets_no_turn),
        TEST(test_pause_waits_for_another_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
