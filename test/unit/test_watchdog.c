/* SPDX-License-Identifier: MIT */
/* The watchdog: when a CPU is kicked, asked, and when the machine ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch.h"
#include "host_info.h"
#include "log.h"
#include "machine.h"
#include "timer.h"
#include "watchdog.h"
#include <stdio.h>
#include <string.h>

#define SECONDS 8U
#define NR_CPUS 3U

static uint64_t clock_ns, interrupts[NR_CPUS];
static unsigned int kicks[NR_CPUS], nmis[NR_CPUS];
static struct timer *set_last;
static char said[256];
static jmp_buf after_panic;

static uint64_t test_now(void)
{
    return clock_ns;
}

static uint64_t test_interrupts(unsigned int cpu)
{
    return interrupts[cpu];
}

static void test_kick(unsigned int cpu)
{
    kicks[cpu]++;
}

static void test_nmi(unsigned int cpu)
{
    nmis[cpu]++;
}

static void test_set(struct timer *t, uint64_t deadline)
{
    assert_true(deadline > clock_ns);
    set_last = t;
}

NORETURN static void test_panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(said, sizeof(said), fmt, args);
    va_end(args);
    longjmp(after_panic, 1);
}

/* The hypervisor's own code, on this test's machine. */
#define arch_now            test_now
#define arch_cpu_interrupts test_interrupts
#define arch_cpu_kick       test_kick
#define arch_cpu_nmi        test_nmi
#define timer_set           test_set
#define panic               test_panic
#define watchdog_init       tested_init
#define watchdog_start      tested_start
#define watchdog_pass       tested_pass
#define upcall_nmi          tested_nmi
void tested_init(unsigned int seconds);
void tested_start(void);
void tested_pass(void);
bool tested_nmi(void);
#include "../../kernel/watchdog.c"

static int three_cpus(void **state)
{
    (void)state;
    memset(watches, 0, sizeof(watches));
    memset(kicks, 0, sizeof(kicks));
    memset(nmis, 0, sizeof(nmis));
    said[0] = 0;
    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
        interrupts[cpu] = 5;
    host_info.nr_cpus = NR_CPUS;
    tested_init(SECONDS);
    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
        machine_set_cpu(cpu);
        tested_start();
    }
    machine_set_cpu(0);
    return 0;
}

/* CPU 0 has its timer N times; of the others, those in ALIVE take an interrupt each time. */
static void looks(unsigned int n, unsigned int alive)
{
    for (unsigned int i = 0; i < n; i++) {
        clock_ns += SECONDS * 1000000000UL / 8;
        for (unsigned int cpu = 1; cpu < NR_CPUS; cpu++)
            interrupts[cpu] += alive >> cpu & 1;
        watches[0].timer.fn(&watches[0].timer);
        assert_ptr_equal(set_last, &watches[0].timer);
    }
}

static void nobody_is_stuck(void **state)
{
    (void)state;
    looks(100, 6);
    assert_int_equal(kicks[1] + kicks[2] + nmis[0] + nmis[1] + nmis[2], 0);
}

/* The scheduler's loop counts like an interrupt, and so does one of them in time. */
static void passing_is_a_sign_of_life(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 20; i++) {
        looks(8, 4);
        machine_set_cpu(1);
        tested_pass();
        machine_set_cpu(0);
    }
    assert_int_equal(nmis[1], 0);
    assert_true(kicks[1] > 0);
}

/* CPU takes the NMI that it was sent. */
static bool answer(unsigned int cpu)
{
    bool expected;

    machine_set_cpu(cpu);
    expected = tested_nmi();
    machine_set_cpu(0);
    return expected;
}

static void stuck_cpu_tells_where(void **state)
{
    (void)state;
    looks(1 + 8, 4);
    assert_int_equal(nmis[1], 0);
    assert_int_equal(kicks[1], 4);
    for (unsigned int asked = 1; asked <= 2; asked++) {
        looks(1, 4);
        assert_int_equal(nmis[1], asked);
        assert_true(answer(1));
    }
    looks(1, 4);
    assert_int_equal(nmis[2], 0);
    if (setjmp(after_panic) == 0) {
        answer(1);
        fail_msg("a stuck CPU was asked three times and said nothing");
    }
    assert_string_equal(said, "watchdog: in the hypervisor for more than 8000 ms, and here");
}

/* The host gave it no time but for an NMI or two: it is not stuck, however often that happens. */
static void cpu_without_time(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 20; i++) {
        looks(8 + 30, 4);
        assert_true(answer(1));
        looks(1, 4);
        assert_true(answer(1));
        looks(1, 6);
    }
    assert_int_equal(nmis[2], 0);
}

/* It went on before the NMI came: that one, and others on their way, are nothing. */
static void late_question(void **state)
{
    (void)state;
    looks(1 + 9, 4);
    assert_int_equal(nmis[1], 1);
    interrupts[1]++;
    assert_true(answer(1));
    looks(1, 4);
    interrupts[1]++;
    assert_true(answer(1));
    assert_false(answer(2)); /* nobody asked this one */
}

static void deaf_cpu(void **state)
{
    (void)state;
    if (setjmp(after_panic) == 0)
        looks(100, 4);
    assert_string_equal(said,
                        "watchdog: CPU 1 is in the hypervisor for more than 41000 ms, and takes no NMI");
    assert_int_equal(nmis[1], 32);
}

/* One that has not begun to work, as the boot CPU while it builds domains. */
static void not_watched(void **state)
{
    (void)state;
    watches[1].watched = false;
    looks(100, 4);
    assert_int_equal(nmis[1] + kicks[1], 0);
}

static void switched_off(void **state)
{
    (void)state;
    tested_init(0);
    set_last = NULL;
    tested_start();
    assert_null(set_last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_is_stuck, three_cpus),
        cmocka_unit_test_setup(passing_is_a_sign_of_life, three_cpus),
        cmocka_unit_test_setup(stuck_cpu_tells_where, three_cpus),
        cmocka_unit_test_setup(cpu_without_time, three_cpus),
        cmocka_unit_test_setup(late_question, three_cpus),
        cmocka_unit_test_setup(deaf_cpu, three_cpus),
        cmocka_unit_test_setup(not_watched, three_cpus),
        cmocka_unit_test_setup(switched_off, three_cpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
