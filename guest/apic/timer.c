/* SPDX-License-Identifier: MIT */
/* The timer: counts of 10 ns times the divisor. Late is all it may be. */
#include "apic.h"

#define VECTOR  0x50U
#define DIV_1   0xbU
#define DIV_128 0xaU
#define MS(n)   ((n)*100000U) /* counts at DIV_1 */

static void check_one_shot(void)
{
    uint64_t begin;

    apic_fresh();
    apic_write(A_DIVIDE, DIV_1);
    apic_write(A_TIMER, VECTOR);
    begin = guest_now();
    apic_write(A_INITIAL, MS(20));
    expect_between("counts down", apic_read(A_CURRENT), 1, MS(20));
    while (!taken[VECTOR])
        halt();
    expect_equal("not too soon", guest_now() - begin >= 20000000, true);
    expect_equal("current count", apic_read(A_CURRENT), 0);
    expect_equal("initial count", apic_read(A_INITIAL), MS(20));
    let_in_for(100000000);
    expect_equal("once", taken[VECTOR], 1);
}

static void check_periodic(void)
{
    uint64_t begin, took;

    apic_fresh();
    apic_write(A_DIVIDE, DIV_128);
    apic_write(A_TIMER, PERIODIC | VECTOR);
    begin = guest_now();
    apic_write(A_INITIAL, MS(5) / 128);
    while (taken[VECTOR] < 10)
        halt();
    took = guest_now() - begin;
    expect_equal("not too soon", took >= 49900000, true);
    expect_between("current count", apic_read(A_CURRENT), 0, MS(5) / 128);
    apic_write(A_INITIAL, 0);
    let_in();
    took = taken[VECTOR];
    let_in_for(50000000);
    expect_equal("stopped", taken[VECTOR], took);
    expect_equal("current count", apic_read(A_CURRENT), 0);
}

static void check_masked(void)
{
    apic_fresh();
    apic_write(A_DIVIDE, DIV_1);
    apic_write(A_TIMER, MASKED | VECTOR);
    apic_write(A_INITIAL, MS(2));
    let_in_for(30000000);
    expect_equal("no interrupt", taken[VECTOR], 0);
    expect_equal("it has counted", apic_read(A_CURRENT), 0);
}

static void check_speed(void)
{
    uint32_t slow;

    apic_fresh();
    apic_write(A_DIVIDE, DIV_1);
    apic_write(A_TIMER, VECTOR);
    apic_write(A_INITIAL, 4000000000U);
    apic_write(A_DIVIDE, DIV_128);
    slow = apic_read(A_CURRENT);
    expect_between("the count stays", slow, 3000000000U, 4000000000U);
    apic_write(A_INITIAL, 0);
}

static void check_reset(void)
{
    apic_fresh();
    apic_write(A_DIVIDE, DIV_1);
    apic_write(A_TIMER, VECTOR);
    apic_write(A_INITIAL, MS(2));
    apic_fresh();
    let_in_for(30000000);
    expect_equal("no interrupt", taken[VECTOR], 0);
}

const struct guest_case timer[] = {
    {"one shot", check_one_shot},
    {"periodic", check_periodic},
    {"masked", check_masked},
    {"divided by more while it runs", check_speed},
    {"ends with the APIC", check_reset},
    {0},
};
