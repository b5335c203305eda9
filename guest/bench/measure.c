/* SPDX-License-Identifier: MIT */
/* The median of many measurements, less what measuring itself takes. */
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>

#define SAMPLES 33

static void nothing(void)
{
}

static uint64_t median(void (*work)(void))
{
    uint64_t sorted[SAMPLES] = {0};

    for (unsigned int n = 0; n < SAMPLES; n++) {
        uint64_t start = ticks(), taken;
        unsigned int i = n;

        work();
        taken = ticks() - start;
        for (; i && sorted[i - 1] > taken; i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = taken;
    }
    return sorted[SAMPLES / 2];
}

void report(const char *name, uint64_t taken, uint64_t count)
{
    printf("bench: %s %lu %lu\n", name, taken, count);
}

void measure(const char *name, void (*work)(void))
{
    report(name, median(work) - median(nothing), 1);
}

void need(int cond, const char *what)
{
    if (cond)
        return;
    printf("bench: cannot measure: %s\n", what);
    exit(1);
}
