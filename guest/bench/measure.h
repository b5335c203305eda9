/* SPDX-License-Identifier: MIT */
/* Counting: how many ticks of the TSC a piece of work takes, and saying so. */
#pragma once

#include <stdint.h>

/* Under QEMU's -icount the TSC counts instructions, the hypervisor's and the guest's, and nothing else. */
static inline uint64_t ticks(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return (uint64_t)hi << 32 | lo;
}

/* Print the line that tools/bench.py reads: TICKS for COUNT times of what NAME says. */
void report(const char *name, uint64_t ticks, uint64_t count);

/* Do WORK many times and report the median: what a timer interrupt now and then adds does not count. */
void measure(const char *name, void (*work)(void));

/* End the run, which is worth nothing, unless COND holds. */
void need(int cond, const char *what);
