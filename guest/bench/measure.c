/* SPDX-License-Identifier: MIT */
/* The median of many measurements, less what measuring itself takes. */
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>

void sample(struct samples *s, uint64_t start)
{
    uint64_t taken = ticks() - start;
    unsigned int i = s->nr++;

    for (; i && s->taken[i - 1] > taken; i--)
        s->taken[i] = s->taken[i - 1];
    s->taken[i] = taken;
}

uint64_t median(const struct samples *s)
{
    return s->taken[s->nr / 2];
}

static void nothing(void)
{
}

static uint64_t median_of(void (*work)(void))
{
    struct samples s = {0};

    while (s.nr < MAX_SAMPLES) {
        uint64_t start = ticks();

        work();
        sample(&s, start);
    }
    return median(&s);
}

void report(const char *name, uint64_t taken, uint64_t count)
{
    printf("bench: %s %lu %lu\n", name, taken, count);
}

uint64_t cost(void (*work)(void))
{
    return median_of(work) - median_of(nothing);
}

void measure(const char *name, void (*work)(void))
{
    report(name, cost(work), 1);
}

void need(int cond, const char *what)
{
    if (cond)
        return;
    printf("bench: cannot measure: %s\n", what);
    exit(1);
}
