/* SPDX-License-Identifier: MIT */
/* Topology: RAM, SRAT and SLIT put together, contradictions decided, and a page-by-page model with random
 * machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"
#include "topology.h"
#include "warnings.h"
#include <time.h>

static struct boot_info bi;
static struct machine m;
static struct topology t;
static uint64_t phys_limit;

uint64_t arch_phys_limit(void)
{
    return phys_limit;
}

static int reset(void **state)
{
    (void)state;
    memset(&bi, 0, sizeof(bi));
    memset(&m, 0, sizeof(m));
    phys_limit = 1UL << 44;
    return 0;
}

static void range(uint64_t start, uint64_t end, uint32_t type)
{
    bi.ranges[bi.nr_ranges++] = (struct boot_range){.start = start, .end = end, .type = type};
}

static void ram(uint64_t start, uint64_t end)
{
    range(start, end, BOOT_RANGE_FREE);
}

static void affinity(uint32_t domain, uint64_t start, uint64_t end)
{
    m.mem[m.nr_mem++] = (struct mem_affinity){.start = start, .end = end, .domain = domain};
}

static void cpu(uint32_t domain)
{
    m.cpus[m.nr_cpus] =
        (struct cpu_desc){.apic_id = m.nr_cpus, .domain = domain, .has_domain = true, .enabled = true};
    m.nr_cpus++;
}

static void slit(unsigned int size, const uint8_t *distances)
{
    m.slit_size = size;
    memcpy(m.slit, distances, (size_t)size * size);
}

static int build(void)
{
    forget_warnings();
    memset(&t, 0xa5, sizeof(t));
    return topology_build(&bi, &m, &t);
}

static void assert_range(unsigned int i, uint64_t start, uint64_t end, nodeid_t node)
{
    assert_true(i < t.nr_ranges);
    assert_int_equal(t.ranges[i].start.v << PAGE_SHIFT, start);
    assert_int_equal(t.ranges[i].end.v << PAGE_SHIFT, end);
    assert_int_equal(t.ranges[i].node, node);
}

static void assert_default_distances(void)
{
    for (unsigned int i = 0; i < t.nr_nodes * t.nr_nodes; i++)
        assert_int_equal(t.distance[i], i / t.nr_nodes == i % t.nr_nodes ? 10 : 20);
}

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
    assert_warned(1, "SLIT ignored: it ends at domain 2, RAM or CPUs are in domain 3");
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

/* ---- Random machines against a model of single pages ---- */

#define FIRST_PAGE  256U
#define MODEL_PAGES 1024U

static int64_t model_domain(unsigned int page, const struct boot_range *r)
{
    const struct mem_affinity *best = NULL;
    unsigned int first = page, last = page;
    uint64_t best_gap = 0;

    for (unsigned int i = 0; i < m.nr_mem; i++)
        if (m.mem[i].start <= page * PAGE_SIZE && page * PAGE_SIZE < m.mem[i].end)
            return m.mem[i].domain;
    for (bool covered = false; !covered && (first - 1) * PAGE_SIZE >= MAX(r->start, MiB); first -= !covered)
        for (unsigned int i = 0; i < m.nr_mem; i++)
            covered |= m.mem[i].start <= (first - 1) * PAGE_SIZE && (first - 1) * PAGE_SIZE < m.mem[i].end;
    for (bool covered = false; !covered && (last + 1) * PAGE_SIZE < MIN(r->end, phys_limit); last += !covered)
        for (unsigned int i = 0; i < m.nr_mem; i++)
            covered |= m.mem[i].start <= (last + 1) * PAGE_SIZE && (last + 1) * PAGE_SIZE < m.mem[i].end;
    for (unsigned int i = 0; i < m.nr_mem; i++) {
        const struct mem_affinity *a = &m.mem[i];
        uint64_t gap =
            a->end <= first * PAGE_SIZE ? first * PAGE_SIZE - a->end : a->start - (last + 1) * PAGE_SIZE;
        if (!best || gap < best_gap) {
            best = a;
            best_gap = gap;
        }
    }
    if (best || m.nr_cpus == 0)
        return best ? best->domain : 0;
    uint32_t lowest = m.cpus[0].domain;
    for (unsigned int i = 1; i < m.nr_cpus; i++)
        lowest = MIN(lowest, m.cpus[i].domain);
    return lowest;
}

/* -1: no RAM for us. */
static int64_t model_page(unsigned int page)
{
    for (unsigned int i = 0; i < bi.nr_ranges; i++) {
        const struct boot_range *r = &bi.ranges[i];
        if (r->type == BOOT_RANGE_FREE && r->start <= page * PAGE_SIZE && page * PAGE_SIZE < r->end &&
            page >= FIRST_PAGE && page * PAGE_SIZE < phys_limit)
            return model_domain(page, r);
    }
    return -1;
}

static int64_t built_page(unsigned int page)
{
    for (unsigned int i = 0; i < t.nr_ranges; i++)
        if (t.ranges[i].start.v <= page && page < t.ranges[i].end.v)
            return t.proximity[t.ranges[i].node];
    return -1;
}

static unsigned int pick(unsigned int n)
{
    return (unsigned int)random() % n;
}

static void random_machine(unsigned int step)
{
    reset(NULL);
    phys_limit = pick(4) ? 1UL << 44 : pick(MODEL_PAGES) * PAGE_SIZE + MiB;
    for (unsigned int page = pick(300); page < MODEL_PAGES && bi.nr_ranges < 20;) {
        unsigned int end = page + 1 + pick(200);
        range(page * PAGE_SIZE, end * PAGE_SIZE, pick(4) ? BOOT_RANGE_FREE : 1 + pick(4));
        page = end + (pick(2) ? pick(50) : 0);
    }
    for (unsigned int i = pick(12); i; i--) {
        uint64_t start = pick(MODEL_PAGES) * PAGE_SIZE, end = start + (1 + pick(400)) * PAGE_SIZE;
        affinity(pick(5) * 3, start - start % step, end + pick(step));
    }
    for (unsigned int i = pick(4); i; i--)
        cpu(pick(8) * 2);
}

/* What holds for every result. */
static void check_shape(void)
{
    nodemask_t used = 0;

    assert_true(t.nr_nodes >= 1 && t.nr_nodes <= MAX_NUMNODES && nr_warnings < 6);
    for (unsigned int i = 0; i < t.nr_ranges; i++) {
        assert_true(t.ranges[i].start.v < t.ranges[i].end.v && t.ranges[i].start.v >= FIRST_PAGE);
        assert_true(
            i == 0 || t.ranges[i - 1].end.v < t.ranges[i].start.v ||
            (t.ranges[i - 1].end.v == t.ranges[i].start.v && t.ranges[i - 1].node != t.ranges[i].node));
        used |= 1UL << t.ranges[i].node;
    }
    for (unsigned int i = 0; i < t.nr_cpus; i++)
        used |= 1UL << t.cpu_node[i];
    for (unsigned int i = 1; i < t.nr_nodes; i++)
        assert_true(t.proximity[i - 1] < t.proximity[i]);
    assert_true(used == t.online);
}

static void random_machines(void **state)
{
    const char *text = getenv("SEED");
    unsigned int seed = text ? (unsigned int)strtoul(text, NULL, 0) : (unsigned int)time(NULL), built = 0;

    (void)state;
    print_message("SEED=%u\n", seed);
    srandom(seed);
    for (unsigned int i = 0; i < 1000; i++) {
        bool exact = i % 4;
        random_machine(exact ? PAGE_SIZE : 512);
        if (exact)
            for (unsigned int k = 0; k < m.nr_mem; k++)
                m.mem[k].end &= PAGE_MASK;
        if (build() != 0)
            continue;
        check_shape();
        built++;
        for (unsigned int page = 0; exact && page < MODEL_PAGES + 200; page++)
            assert_int_equal(built_page(page), model_page(page));
    }
    assert_true(built > 500);
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
        TEST(ram_outside_srat),
        TEST(srat_without_memory),
        TEST(cpus_without_domain),
        TEST(earlier_affinity_wins),
        TEST(pages_on_a_border_belong_to_nobody),
        TEST(too_many_ranges),
        TEST(slit_by_node),
        TEST(absurd_slit),
        TEST(random_machines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
