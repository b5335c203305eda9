/* SPDX-License-Identifier: MIT */
/* A CPU's timers on a fake clock: their order, and functions that set and stop timers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timer.h"
#include "types.h"
#include <string.h>

#define MS 1000000UL

static uint64_t clock_ns, interrupt_at;
static struct timer timers[4];
static char fired[32]; /* which have fired, in order: '0' is the first */
static unsigned int nr_fired;
static void (*action)(struct timer *t);

uint64_t arch_now(void)
{
    return clock_ns;
}

void arch_timer_set(uint64_t deadline)
{
    interrupt_at = deadline;
}

static void note(struct timer *t)
{
    assert_true(nr_fired < sizeof(fired) - 1);
    fired[nr_fired++] = (char)('0' + (t - timers));
    if (action)
        action(t);
}

/* The clock moves on to TIME; EXPECTED fire, in this order. */
static void expect_at(uint64_t time, const char *expected)
{
    clock_ns = time;
    memset(fired, 0, sizeof(fired));
    nr_fired = 0;
    timers_fire();
    assert_string_equal(fired, expected);
}

static int setup(void **state UNUSED)
{
    timers_init();
    clock_ns = 100 * MS;
    action = NULL;
    for (unsigned int i = 0; i < ARRAY_SIZE(timers); i++)
        timer_init(&timers[i], note);
    return 0;
}

static int teardown(void **state UNUSED)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(timers); i++)
        timer_stop(&timers[i]);
    return 0;
}

/* By deadline, equal ones in the order in which they were set; each when it is due and not before. */
static void test_order(void **state UNUSED)
{
    timer_set(&timers[0], 130 * MS);
    timer_set(&timers[1], 110 * MS);
    timer_set(&timers[2], 120 * MS);
    timer_set(&timers[3], 110 * MS);
    assert_int_equal(interrupt_at, 110 * MS);
    expect_at(109 * MS, "");
    expect_at(110 * MS, "13");
    assert_int_equal(interrupt_at, 120 * MS);
    expect_at(140 * MS, "20");
    assert_int_equal(interrupt_at, TIMER_NEVER);
    expect_at(900 * MS, "");
}

/* A new deadline takes the place of the old one; TIMER_NEVER and timer_stop of any. */
static void test_set_again_and_stop(void **state UNUSED)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(timers); i++)
        timer_set(&timers[i], 110 * MS + i);
    timer_set(&timers[0], 120 * MS);
    timer_set(&timers[1], TIMER_NEVER);
    timer_stop(&timers[2]);
    expect_at(115 * MS, "3");
    expect_at(125 * MS, "0");
}

static void set_in_the_past(struct timer *t)
{
    timer_set(t, clock_ns - 5 * MS);
}

/* It fires once in a round, before or beside others, and again in the next. */
static void test_set_by_itself_in_the_past(void **state UNUSED)
{
    timer_set(&timers[0], 110 * MS);
    timer_set(&timers[1], 111 * MS);
    action = set_in_the_past;
    expect_at(120 * MS, "01");
    assert_int_equal(interrupt_at, 121 * MS); /* soon, not at once */
    action = NULL;
    expect_at(121 * MS, "01");
    expect_at(122 * MS, "");
}

static void set_each_other(struct timer *t)
{
    timer_set(t == &timers[0] ? &timers[1] : &timers[0], clock_ns);
}

/* Nor do two go on for ever that set each other. */
static void test_set_by_each_other(void **state UNUSED)
{
    timer_set(&timers[0], 110 * MS);
    action = set_each_other;
    expect_at(110 * MS, "01");
    expect_at(112 * MS, "01");
}

static void stop_the_next(struct timer *t)
{
    timer_stop(t); /* its own: allowed, and nothing to do */
    timer_stop(t + 1);
}

static void test_stopped_by_another(void **state UNUSED)
{
    for (unsigned int i = 0; i < 3; i++)
        timer_set(&timers[i], 110 * MS + i);
    action = stop_the_next;
    expect_at(120 * MS, "02");
}

/* What is due soon does not put off the interrupt for what was due before. */
static void test_interrupt_is_not_put_off(void **state UNUSED)
{
    timer_set(&timers[0], 100 * MS);
    assert_int_equal(interrupt_at, 101 * MS); /* no interrupt comes sooner than a millisecond */
    clock_ns += MS / 2;
    timer_set(&timers[1], clock_ns);
    assert_int_equal(interrupt_at, 101 * MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),
        TEST(test_set_again_and_stop),
        TEST(test_set_by_itself_in_the_past),
        TEST(test_set_by_each_other),
        TEST(test_stopped_by_another),
        TEST(test_interrupt_is_not_put_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
