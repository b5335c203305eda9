/* SPDX-License-Identifier: MIT */
/* Does a new CPU's TSC agree with the boot CPU's? Time must not go backwards from one CPU to another. */
#pragma once

#include "types.h"

/* How far THEIRS, read after BEFORE and before AFTER were read here, is off: 0 when it lies between them. */
static inline int64_t tsc_error(uint64_t before, uint64_t theirs, uint64_t after)
{
    if ((int64_t)(theirs - before) < 0)
        return (int64_t)(theirs - before);
    return (int64_t)(theirs - after) > 0 ? (int64_t)(theirs - after) : 0;
}

/* Of two errors the one that is farther off. */
static inline int64_t tsc_worse(int64_t a, int64_t b)
{
    return (a < 0 ? -a : a) < (b < 0 ? -b : b) ? b : a;
}

/* The boot CPU, before the new CPU can come; then, while the new one answers: the largest error of some
 * readings, in cycles. False: no answer within NS nanoseconds. */
void tsc_sync_reset(void);
bool tsc_sync_ask(uint64_t ns, int64_t *error);
/* The new CPU. */
void tsc_sync_answer(void);
