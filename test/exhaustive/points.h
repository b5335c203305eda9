/* SPDX-License-Identifier: MIT */
/* Two CPUs in one thread: the points of an operation at which another one can run from begin to end.
 *
 * A point is before a lock is taken, after one was released, and before each access to a frame's record or to
 * a domain's: mm/ is compiled for the thread sanitizer, whose calls end here. */
#pragma once

#include "op.h"
#include <setjmp.h>

void points_init(void);
/* At each release of heap_lock: do the counters and lists agree? */
void points_watch(bool watching);
/* From now on count points, and at number FIRE_AT run INTRUDER as CPU 1. When that needs a lock which CPU 0
 * holds, it cannot run there: control returns to where setjmp was called on the result. */
jmp_buf *points_run(unsigned int fire_at, const struct op *intruder);
/* Until now. Returns how many points there were; *rc (or NULL) is what the intruder returned. */
unsigned int points_end(int *rc);
/* The searched code is about to read or write this. */
void points_access(const volatile void *p);
