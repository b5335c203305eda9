/* SPDX-License-Identifier: MIT */
/* What the tests of topology share: a machine described line by line, and what was made of it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"
#include "topology.h"
#include "warnings.h"

static struct boot_info bi;
static struct machine m;
static struct topology t;
static uint64_t phys_limit;

uint64_t arch_phys_limit(void)
{
    return phys_limit;
}

static inline int reset(void **state)
{
    (void)state;
    memset(&bi, 0, sizeof(bi));
    memset(&m, 0, sizeof(m));
    phys_limit = 1UL << 44;
    return 0;
}

static inline void range(uint64_t start, uint64_t end, uint32_t type)
{
    bi.ranges[bi.nr_ranges++] = (struct boot_range){.start = start, .end = end, .type = type};
}

static inline void ram(uint64_t start, uint64_t end)
{
    range(start, end, BOOT_RANGE_FREE);
}

static inline void affinity(uint32_t domain, uint64_t start, uint64_t end)
{
    m.mem[m.nr_mem++] = (struct mem_affinity){.start = start, .end = end, .domain = domain};
}

static inline void cpu(uint32_t domain)
{
    m.cpus[m.nr_cpus] =
        (struct cpu_desc){.apic_id = m.nr_cpus, .domain = domain, .has_domain = true, .enabled = true};
    m.nr_cpus++;
}

static inline void slit(unsigned int size, const uint8_t *distances)
{
    m.slit_size = size;
    memcpy(m.slit, distances, (size_t)size * size);
}

static inline int build(void)
{
    forget_warnings();
    memset(&t, 0xa5, sizeof(t));
    return topology_build(&bi, &m, &t);
}

static inline void assert_range(unsigned int i, uint64_t start, uint64_t end, nodeid_t node)
{
    assert_true(i < t.nr_ranges);
    assert_int_equal(t.ranges[i].start.v << PAGE_SHIFT, start);
    assert_int_equal(t.ranges[i].end.v << PAGE_SHIFT, end);
    assert_int_equal(t.ranges[i].node, node);
}

static inline void assert_default_distances(void)
{
    for (unsigned int i = 0; i < t.nr_nodes * t.nr_nodes; i++)
        assert_int_equal(t.distance[i], i / t.nr_nodes == i % t.nr_nodes ? 10 : 20);
}
