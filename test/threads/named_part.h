/* SPDX-License-Identifier: MIT */
/* Between the named_*.c files. */
#pragma once

#include "error.h"
#include "named.h"

#define FILLER 8U /* the domain that claims what the others shall not have */
#define OTHER  9U

extern const struct level *level;
extern struct heap_info at_first; /* what is free before the race */

static inline unsigned long count(unsigned long *sum, unsigned long n)
{
    return __atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

void must_claim(unsigned int i, unsigned long pages, uint32_t target);
/* As much as there is, page by page if need be: returns what was granted at last. */
unsigned long claim_up_to(struct worker *w, unsigned int i, uint32_t target);

/* Before and after the race: a machine, and that everything is free again. A reader of snapshots runs beside
 * it. */
void open_level(const struct level *l);
void run_race(const char *what, unsigned int milliseconds);

void nothing_to_see(void); /* for crew_round */
