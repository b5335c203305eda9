/* SPDX-License-Identifier: MIT */
/* Sets of CPUs. Others may change a set at the same time: its words are read and written as atomics,
 * sequentially consistent in what asks for or changes one CPU and in cpumask_next. */
#pragma once

#include "bits.h"

#define MAX_CPUS      256
#define CPUMASK_WORDS (MAX_CPUS / 64)

struct cpumask {
    uint64_t bits[CPUMASK_WORDS];
};

#define CPUMASK_NONE ((struct cpumask){{0}})
#define CPUMASK_ALL  ((struct cpumask){{[0 ... CPUMASK_WORDS - 1] = ~0UL}})

static inline bool cpumask_has(const struct cpumask *m, unsigned int cpu)
{
    return __atomic_load_n(&m->bits[cpu / 64], __ATOMIC_SEQ_CST) >> cpu % 64 & 1;
}

static inline void cpumask_add(struct cpumask *m, unsigned int cpu)
{
    __atomic_fetch_or(&m->bits[cpu / 64], 1UL << cpu % 64, __ATOMIC_SEQ_CST);
}

static inline void cpumask_remove(struct cpumask *m, unsigned int cpu)
{
    __atomic_fetch_and(&m->bits[cpu / 64], ~(1UL << cpu % 64), __ATOMIC_SEQ_CST);
}

static inline struct cpumask cpumask_and(const struct cpumask *a, const struct cpumask *b)
{
    struct cpumask both;

    for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
        both.bits[i] = READ_ONCE(a->bits[i]) & READ_ONCE(b->bits[i]);
    return both;
}

static inline struct cpumask cpumask_or(const struct cpumask *a, const struct cpumask *b)
{
    struct cpumask any;

    for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
        any.bits[i] = READ_ONCE(a->bits[i]) | READ_ONCE(b->bits[i]);
    return any;
}

/* The first CPU of M from CPU on, MAX_CPUS when there is none. */
static inline unsigned int cpumask_next(const struct cpumask *m, unsigned int cpu)
{
    for (; cpu < MAX_CPUS; cpu = (cpu | 63) + 1) {
        uint64_t rest = __atomic_load_n(&m->bits[cpu / 64], __ATOMIC_SEQ_CST) >> cpu % 64;

        if (rest)
            return cpu + ffs64(rest);
    }
    return MAX_CPUS;
}

static inline bool cpumask_is_empty(const struct cpumask *m)
{
    return cpumask_next(m, 0) == MAX_CPUS;
}

#define for_each_cpu_in(cpu, mask)                                                                           \
    for ((cpu) = cpumask_next((mask), 0); (cpu) < MAX_CPUS; (cpu) = cpumask_next((mask), (cpu) + 1))
