/* SPDX-License-Identifier: MIT */
/* Topology: RAM, SRAT and SLIT put together, and contradictions decided. */
#include "topology_test.h"

/* ---- Without SRAT ---- */

static void one_node_without_srat(void **state)
{
    (void)state;
    ram(0, 0xa0000);
    ram(MiB, 3 * MiB);
    range(3 * MiB, 4 * MiB, BOOT_RANGE_LOADED);
    range(4 * MiB, 5 * MiB, BOOT_RANGE_ACPI);
    range(5 * MiB, 6 * MiB, BOOT_RANGE_RESERVED);
    ram(6 * MiB, 7 * MiB);
    ram(7 * MiB, 8 * MiB);
    m.nr_cpus = 2;
    m.cpus[0].enabled = m.cpus[1].enabled = true;
    assert_int_equal(build(), 0);
    assert_warned(0, "");
    assert_int_equal(t.nr_nodes, 1);
    assert_int_equal(t.online, 1);
    assert_int_equal(t.distance[0], 10);
    assert_int_equal(t.nr_ranges, 2);
    assert_range(0, MiB, 3 * MiB, 0);
    assert_range(1, 6 * MiB, 8 * MiB, 0);
    assert_int_equal(topology_cpu_node(&t, 0), 0);
    assert_int_equal(topology_cpu_node(&t, 1), 0);
    assert_int_equal(topology_cpu_node(&t, 2), 0);
}

static void no_ram(void **state)
{
    (void)state;
    assert_int_equal(build(), -ENOMEM);
    ram(0, MiB);
    range(MiB, 4 * MiB, BOOT_RANGE_RESERVED);
    assert_int_equal(build(), -ENOMEM);
    assert_warned(1, "no free page");
}

static void memory_that_straddles_the_edges(void **state)
{
    (void)state;
    phys_limit = 16 * MiB;
    ram(0x80000, 2 * MiB);
    ram(15 * MiB, 20 * MiB);
    ram(32 * MiB, 33 * MiB);
    assert_int_equal(build(), 0);
    assert_warned(1, "RAM: 5 MiB beyond 0x1000000 are out of reach");
    assert_int_equal(t.nr_ranges, 2);
    assert_range(0, MiB, 2 * MiB, 0);
    assert_range(1, 15 * MiB, 16 * MiB, 0);
}

/* ---- Nodes ---- */

/* Nodes are dense and ascend with the domain, whatever the order of the addresses. */
static void nodes_are_dense(void **state)
{
    (void)state;
    ram(MiB, 64 * MiB);
    affinity(0x80000001, 0, 16 * MiB);
    affinity(7, 16 * MiB, 32 * MiB);
    affinity(3, 32 * MiB, 48 * MiB);
    affinity(7, 48 * MiB, 64 * MiB);
    cpu(7);
    cpu(0x80000001);
    cpu(5);
    assert_int_equal(build(), 0);
    assert_warned(0, "");
    assert_int_equal(t.nr_nodes, 4);
    assert_int_equal(t.online, 0xf);
    assert_int_equal(t.proximity[0], 3);
    assert_int_equal(t.proximity[1], 5);
    assert_int_equal(t.proximity[2], 7);
    assert_int_equal(t.proximity[3], 0x80000001);
    assert_range(0, MiB, 16 * MiB, 3);
    assert_range(1, 16 * MiB, 32 * MiB, 2);
    assert_range(2, 32 * MiB, 48 * MiB, 0);
    assert_range(3, 48 * MiB, 64 * MiB, 2);
    assert_int_equal(topology_cpu_node(&t, 0), 2);
    assert_int_equal(topology_cpu_node(&t, 1), 3);
    assert_int_equal(topology_cpu_node(&t, 2), 1);
    assert_default_distances();
}

static void empty_domains_are_no_nodes(void **state)
{
    (void)state;
    ram(MiB, 8 * MiB);
    affinity(0, 0, MiB);
    affinity(1, MiB, 8 * MiB);
    affinity(2, 4UL << 30, 8UL << 30); /* to be plugged in */
    m.mem[2].hotplug = true;
    cpu(1);
    cpu(3);
    m.cpus[1].enabled = false;
    assert_int_equal(build(), 0);
    assert_warned(0, "");
    assert_int_equal(t.nr_nodes, 1);
    assert_int_equal(t.proximity[0], 1);
    assert_int_equal(topology_cpu_node(&t, 1), 0);
}

static void more_than_64_domains(void **state)
{
    (void)state;
    ram(0, 1024 * MiB);
    for (unsigned int i = 0; i < 100; i++)
        affinity(2 * i, i * 10 * MiB, (i + 1) * 10 * MiB);
    affinity(198, 1000 * MiB, 1024 * MiB);
    cpu(0);
    cpu(126);
    cpu(128);
    cpu(198);
    assert_int_equal(build(), 0);
    assert_warned(1, "100 proximity domains, those after the first 64 join node 63");
    assert_int_equal(t.nr_nodes, 64);
    assert_true(t.online == ~0UL);
    assert_int_equal(t.nr_ranges, 64);
    assert_range(62, 620 * MiB, 630 * MiB, 62);
    assert_range(63, 630 * MiB, 1024 * MiB, 63);
    assert_int_equal(topology_cpu_node(&t, 0), 0);
    for (unsigned int i = 1; i < 4; i++)
        assert_int_equal(topology_cpu_node(&t, i), 63);
}

/* QEMU's largest: one line, and the SLIT's first 64 rows and columns still count. */
static void hundred_and_twenty_eight_nodes(void **state)
{
    static uint8_t distances[MAX_NUMNODES * MAX_NUMNODES];

    (void)state;
    ram(0, 128 * MiB);
    for (unsigned int i = 0; i < 128; i++)
        affinity(i, i * MiB, (i + 1) * MiB);
    for (unsigned int i = 0; i < sizeof(distances); i++)
        distances[i] = i / MAX_NUMNODES == i % MAX_NUMNODES ? 10 : 30;
    slit(MAX_NUMNODES, distances);
    cpu(0); /* below 1 MiB is no RAM of ours */
    assert_int_equal(build(), 0);
    assert_warned(1, "128 proximity domains, those after the first 64 join node 63");
    assert_int_equal(t.nr_nodes, 64);
    assert_memory_equal(t.distance, distances, sizeof(distances));
    assert_range(t.nr_ranges - 1, 63 * MiB, 128 * MiB, 63);
}

/* ---- What SRAT leaves open or contradicts ---- */

static void ram_outside_srat(void **state)
{
    (void)state;
    ram(MiB, 3 * MiB);
    ram(9 * MiB, 10 * MiB);
    ram(20 * MiB, 24 * MiB);
    affinity(4, 2 * MiB, 4 * MiB);
    affinity(6, 12 * MiB, 21 * MiB);
    assert_int_equal(build(), 0);
    assert_warned(1, "5120 KiB of RAM are in no range");
    assert_int_equal(t.nr_nodes, 2);
    assert_int_equal(t.nr_ranges, 3);
    assert_range(0, MiB, 3 * MiB, 0);
    assert_range(1, 9 * MiB, 10 * MiB, 1);
    assert_range(2, 20 * MiB, 24 * MiB, 1);
}

static void srat_without_memory(void **state)
{
    (void)state;
    ram(MiB, 4 * MiB);
    cpu(9);
    cpu(5);
    assert_int_equal(build(), 0);
    assert_warned(1, "3072 KiB of RAM are in no range");
    assert_int_equal(t.nr_nodes, 2);
    assert_range(0, MiB, 4 * MiB, 0);
    assert_int_equal(topology_cpu_node(&t, 0), 1);
}

static void cpus_without_domain(void **state)
{
    (void)state;
    ram(MiB, 4 * MiB);
    affinity(3, 0, 2 * MiB);
    affinity(4, 2 * MiB, 4 * MiB);
    cpu(4);
    cpu(0);
    m.cpus[1].has_domain = false;
    assert_int_equal(build(), 0);
    assert_warned(1, "SRAT: 1 CPUs have no entry");
    assert_int_equal(t.nr_nodes, 2);
    assert_int_equal(topology_cpu_node(&t, 0), 1);
    assert_int_equal(topology_cpu_node(&t, 1), 0);
}

static void earlier_affinity_wins(void **state)
{
    (void)state;
    ram(MiB, 16 * MiB);
    affinity(1, 4 * MiB, 8 * MiB);
    affinity(0, 0, 16 * MiB);
    affinity(2, 4 * MiB, 8 * MiB);
    affinity(1, 6 * MiB, 8 * MiB);
    assert_int_equal(build(), 0);
    assert_warned(1,
                  "SRAT: 0x400000-0x800000 of domain 1 and 0x0-0x1000000 of domain 0 overlap (5 such pairs)");
    assert_int_equal(t.nr_nodes, 2);
    assert_int_equal(t.nr_ranges, 3);
    assert_range(0, MiB, 4 * MiB, 0);
    assert_range(1, 4 * MiB, 8 * MiB, 1);
    assert_range(2, 8 * MiB, 16 * MiB, 0);
}

/* The same range for two domains, word for word: the second has no RAM and is no node. */
static void the_same_range_twice(void **state)
{
    (void)state;
    ram(MiB, 4 * MiB);
    affinity(1, 0, 4 * MiB);
    affinity(0, 0, 4 * MiB);
    assert_int_equal(build(), 0);
    assert_warned(1, "SRAT: 0x0-0x400000 of domain 1 and 0x0-0x400000 of domain 0 overlap (1 such pairs)");
    assert_int_equal(t.nr_nodes, 1);
    assert_int_equal(t.proximity[0], 1);
}

static void pages_on_a_border_belong_to_nobody(void **state)
{
    (void)state;
    ram(MiB, 4 * MiB);
    affinity(0, 0, 2 * MiB + 100);
    affinity(1, 2 * MiB + 100, 3 * MiB + 1);
    affinity(1, 3 * MiB + 1, 4 * MiB);
    assert_int_equal(build(), 0);
    assert_int_equal(t.nr_ranges, 2);
    assert_range(0, MiB, 2 * MiB, 0);
    assert_range(1, 2 * MiB + PAGE_SIZE, 4 * MiB, 1);
}

static void too_many_ranges(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < BOOT_MAX_RANGES; i++)
        ram((4 * i + 4) * MiB, (4 * i + 7) * MiB);
    for (unsigned int i = 0; i < MAX_MEM_AFFINITY; i++)
        affinity(i % 2, (2 * i + 3) * MiB, (2 * i + 5) * MiB);
    assert_int_equal(build(), 0);
    assert_warned(0, "");
    assert_int_equal(t.nr_ranges, TOPOLOGY_MAX_RANGES);

    /* An earlier entry in the middle of one makes three pieces out of it. */
    m.mem[0].start = 5 * MiB + 0x1000;
    m.mem[0].end = 5 * MiB + 0x2000;
    assert_int_equal(build(), 0);
    assert_int_equal(t.nr_ranges, TOPOLOGY_MAX_RANGES);
    assert_true(strstr(warnings, "more than 512 ranges"));
}

/* ---- SLIT ---- */

static void three_nodes(void)
{
    ram(MiB, 6 * MiB);
    affinity(0, 0, 2 * MiB);
    affinity(1, 2 * MiB, 4 * MiB);
    affinity(3, 4 * MiB, 6 * MiB);
}

static void slit_by_node(void **state)
{
    static const uint8_t distances[] = {10, 12, 0, 255, 14, 10, 0, 16, 0, 0, 0, 0, 17, 10, 0, 10};
    static const uint8_t expected[] = {10, 12, 255, 14, 10, 16, 17, 10, 10};

    (void)state;
    three_nodes();
    slit(4, distances);
    assert_int_equal(build(), 0);
    assert_warned(0, "");
    assert_memory_equal(t.distance, expected, sizeof(expected));
}

static void absurd_slit(void **state)
{
    static const uint8_t good[] = {10, 20, 20, 20, 20, 10, 20, 20, 20, 20, 10, 20, 20, 20, 20, 10};

    (void)state;
    three_nodes();
    slit(3, good);
    assert_int_equal(build(), 0);
    assert_warned(1, "SLIT ignored: it is read up to domain 2, RAM or CPUs are in domain 3");
    assert_default_distances();

    slit(4, good);
    m.slit[1] = 9;
    assert_int_equal(build(), 0);
    assert_warned(1, "SLIT ignored: distance 9 from domain 0 to domain 1");
    assert_default_distances();

    slit(4, good);
    m.slit[15] = 11;
    assert_int_equal(build(), 0);
    assert_warned(1, "SLIT ignored: distance 11 from domain 3 to domain 3");
    assert_default_distances();
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_node_without_srat),
        TEST(no_ram),
        TEST(memory_that_straddles_the_edges),
        TEST(nodes_are_dense),
        TEST(empty_domains_are_no_nodes),
        TEST(more_than_64_domains),
        TEST(hundred_and_twenty_eight_nodes),
        TEST(ram_outside_srat),
        TEST(srat_without_memory),
        TEST(cpus_without_domain),
        TEST(earlier_affinity_wins),
        TEST(the_same_range_twice),
        TEST(pages_on_a_border_belong_to_nobody),
        TEST(too_many_ranges),
        TEST(slit_by_node),
        TEST(absurd_slit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
