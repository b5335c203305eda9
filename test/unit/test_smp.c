/* SPDX-License-Identifier: MIT */
/* Starting processors: their numbers and nodes, and those that do not come. */
#include "error.h"
#include "host_info.h"
#include "smp.h"
#include "topology_test.h"

#include "cpu/tsc_sync.h"

#define BOOT_ID 7U

static struct {
    unsigned int cpu;
    uint32_t apic_id;
    nodeid_t node;
} started[MAX_CPUS];
static unsigned int nr_started;
static uint32_t absent, foreign; /* APIC ids that do not come, that are refused */

uint32_t arch_apic_id(void)
{
    return BOOT_ID;
}

int arch_cpu_start(unsigned int cpu, uint32_t apic_id, nodeid_t node)
{
    assert_int_equal(cpu, host_info.nr_cpus);
    if (apic_id == absent)
        return -ETIMEDOUT;
    if (apic_id == foreign)
        return -ENODEV;
    started[nr_started].cpu = cpu;
    started[nr_started].apic_id = apic_id;
    started[nr_started++].node = node;
    return 0;
}

static int no_cpus(void **state)
{
    host_info = (struct host_info){.nr_cpus = 1};
    nr_started = 0;
    absent = foreign = UINT32_MAX;
    return reset(state);
}

static void cpu_with_id(uint32_t apic_id, uint32_t domain)
{
    cpu(domain);
    m.cpus[m.nr_cpus - 1].apic_id = apic_id;
}

static void start(unsigned int known)
{
    ram(MiB, 64 * MiB);
    assert_int_equal(build(), 0);
    assert_int_equal(smp_start(&m, &t), known);
}

static void expect_started(unsigned int i, unsigned int number, uint32_t apic_id, nodeid_t node)
{
    assert_in_range(i, 0, nr_started - 1);
    assert_int_equal(started[i].cpu, number);
    assert_int_equal(started[i].apic_id, apic_id);
    assert_int_equal(started[i].node, node);
    assert_int_equal(host_info.cpu_node[number], node);
}

/* 0 is the boot CPU, wherever the MADT names it; the others follow in the MADT's order. */
static void numbers_follow_the_madt(void **state)
{
    (void)state;
    affinity(0, 0, 32 * MiB);
    affinity(1, 32 * MiB, 64 * MiB);
    cpu_with_id(4, 0);
    cpu_with_id(BOOT_ID, 1);
    cpu_with_id(2, 1);
    cpu_with_id(300, 0);
    start(4);
    assert_int_equal(host_info.nr_cpus, 4);
    assert_int_equal(host_info.cpu_node[0], 1);
    expect_started(0, 1, 4, 0);
    expect_started(1, 2, 2, 1);
    expect_started(2, 3, 300, 0);
    assert_int_equal(nr_started, 3);
}

/* What does not come up leaves no hole: the next CPU gets its number. */
static void left_out(void **state)
{
    (void)state;
    cpu_with_id(BOOT_ID, 0);
    for (uint32_t id = 10; id < 15; id++)
        cpu_with_id(id, id & 1);
    absent = 10;
    foreign = 12;
    start(6);
    assert_int_equal(host_info.nr_cpus, 4);
    expect_started(0, 1, 11, 1);
    expect_started(1, 2, 13, 1);
    expect_started(2, 3, 14, 0);
    assert_true(cpu_is_online(3));
    assert_false(cpu_is_online(4));
    assert_int_equal(cpu_online_mask().bits[0], 0xf);
}

/* Entries for CPUs that may be plugged in later are none. */
static void disabled_entries(void **state)
{
    (void)state;
    cpu_with_id(BOOT_ID, 0);
    cpu_with_id(1, 0);
    cpu_with_id(2, 0);
    m.cpus[1].enabled = false;
    start(2);
    assert_int_equal(nr_started, 1);
    expect_started(0, 1, 2, 0);
}

static void no_madt(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(nr_started, 0);
    assert_int_equal(host_info.nr_cpus, 1);
    assert_int_equal(host_info.cpu_node[0], 0);
}

static void as_many_as_there_can_be(void **state)
{
    struct cpumask all;

    (void)state;
    for (uint32_t id = 0; id < MAX_CPUS; id++)
        cpu_with_id(id, 0);
    start(MAX_CPUS);
    assert_int_equal(host_info.nr_cpus, MAX_CPUS);
    assert_int_equal(nr_started, MAX_CPUS - 1);
    assert_false(cpu_is_online(MAX_CPUS));
    all = cpu_online_mask();
    for (unsigned int i = 0; i < ARRAY_SIZE(all.bits); i++)
        assert_true(all.bits[i] == UINT64_MAX);
}

/* A TSC that was read between two readings here lies between them; across a wrap, too. */
static void tsc_errors(void **state)
{
    (void)state;
    assert_int_equal(tsc_error(100, 100, 100), 0);
    assert_int_equal(tsc_error(100, 150, 200), 0);
    assert_int_equal(tsc_error(100, 99, 200), -1);
    assert_int_equal(tsc_error(100, 202, 200), 2);
    assert_int_equal(tsc_error(UINT64_MAX - 5, 3, 10), 0);
    assert_int_equal(tsc_error(UINT64_MAX - 5, UINT64_MAX - 8, 10), -3);
}

/* A later reading that happens to fit does not undo an earlier one that does not. */
static void worst_tsc_error(void **state)
{
    (void)state;
    assert_int_equal(tsc_worse(0, -900), -900);
    assert_int_equal(tsc_worse(-900, 0), -900);
    assert_int_equal(tsc_worse(-900, 3), -900);
    assert_int_equal(tsc_worse(-900, 901), 901);
    assert_int_equal(tsc_worse(5, -6), -6);
    assert_int_equal(tsc_worse(0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_follow_the_madt, no_cpus),
        cmocka_unit_test_setup(left_out, no_cpus),
        cmocka_unit_test_setup(disabled_entries, no_cpus),
        cmocka_unit_test_setup(no_madt, no_cpus),
        cmocka_unit_test_setup(as_many_as_there_can_be, no_cpus),
        cmocka_unit_test(tsc_errors),
        cmocka_unit_test(worst_tsc_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
