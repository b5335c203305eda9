/* SPDX-License-Identifier: MIT */
/* What debug builds count of every lock, by its name: all domains' "p2m" are one. */
#pragma once

#include "lock.h"

#define MAX_LOCK_NAMES 24U /* names there are; locks of more names share the last row */

/* Times are in ns. Interrupts are off in the hypervisor: a hold is what the holder did, nothing else; on an
 * emulator also what the host did meanwhile. */
struct lock_stat {
    const char *name;
    uint64_t taken, contended; /* contended: somebody had to wait */
    uint64_t longest_hold, longest_wait;
    uint64_t where; /* the longest hold began before this address */
};

/* For the locks themselves. Taken: by the CPU that now holds it, after it WAITED (0: not at all); WHERE it
 * goes on. */
void lock_stat_taken(const spinlock_t *lock, bool contended, uint64_t waited, const void *where);
void lock_stat_dropped(const spinlock_t *lock);

/* The sum over all CPUs of the Ith name, from 0 on; false: there is none. Others count meanwhile: what one
 * CPU has counted is seen as a whole only where it is at rest. Takes no lock. */
bool lock_stat_read(unsigned int i, struct lock_stat *s);
/* Begin anew; what is held at this moment counts when it is dropped. */
void lock_stat_reset(void);
