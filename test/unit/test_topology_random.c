/* SPDX-License-Identifier: MIT */
/* Topology: random machines against a model of single pages. */
#include "topology_test.h"
#include <time.h>

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
    const struct CMUnitTest tests[] = {TEST(random_machines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
