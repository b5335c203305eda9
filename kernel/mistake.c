/* SPDX-License-Identifier: MIT */
/* Mistakes on purpose, in debug builds: a CPU that hangs, panics, or runs over its stack. */
#include "mistake.h"
#include "arch.h"
#include "log.h"
#include "map.h"

static enum mistake planned;
static unsigned int planned_cpu;
static volatile bool forever = true;

NOINLINE static void mistake_hang(void)
{
    while (forever)
        arch_cpu_relax();
}

NOINLINE static unsigned int mistake_overflow(unsigned int depth)
{
    volatile unsigned int room[64] = {depth};

    return forever ? mistake_overflow(depth + 1) + room[depth % 64] : depth;
}

void mistake_plan(enum mistake what, unsigned int cpu)
{
    planned = what;
    planned_cpu = cpu;
}

void mistake_make(void)
{
    if (planned == MISTAKE_NONE || planned_cpu != smp_processor_id())
        return;
    log_info("CPU %u makes a mistake now\n", planned_cpu);
    if (planned == MISTAKE_HANG)
        mistake_hang();
    else if (planned == MISTAKE_OVERFLOW)
        mistake_overflow(0);
    panic("a mistake on purpose");
}
