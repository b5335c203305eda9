/* SPDX-License-Identifier: MIT */
/* Counting: how many ticks of the TSC a piece of work takes, and saying so. */
#pragma once

#include <guest.h>
#include <stdint.h>

#define MAX_SAMPLES 33

/* How long a piece of work took, each time; in ascending order. */
struct samples {
    uint64_t taken[MAX_SAMPLES];
    unsigned int nr;
};

/* Under QEMU's -icount the TSC counts instructions, the hypervisor's and the guest's, and nothing else. */
static inline uint64_t ticks(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return (uint64_t)hi << 32 | lo;
}

/* When a measured piece of work begins. A slice of the scheduler's begins with it: work that is shorter is
 * not interrupted, and where longer work is does not depend on what was before. */
static inline uint64_t begin(void)
{
    guest_yield();
    return ticks();
}

/* One sample more: a piece of work that began at START ends now. */
void sample(struct samples *s, uint64_t start);
uint64_t median(const struct samples *s);

/* Print the line that tools/bench.py reads: TICKS for COUNT times of what NAME says. */
void report(const char *name, uint64_t ticks, uint64_t count);

/* What WORK takes, done many times, the median: what a timer interrupt now and then adds does not count. */
uint64_t cost(void (*work)(void));
/* Report that. */
void measure(const char *name, void (*work)(void));

/* End the run, which is worth nothing, unless COND holds. */
void need(int cond, const char *what);
