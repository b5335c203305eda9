/* SPDX-License-Identifier: MIT */
/* Allocations that fail on purpose, in debug builds: what asks for memory has to live without it. */
#pragma once

#include "log.h"
#include "types.h"

/* Let the Nth allocation from now on fail, and the TIMES - 1 after it; N = 0: none. Returns how many failed
 * since the last call. Counted are blocks from the heap, whoever they are for (the hypervisor's structures,
 * paging pools, domains' memory), pages from a paging pool, and boot memory. Takes no lock. */
unsigned long fault_arm(unsigned long n, unsigned long times);

extern unsigned long fault_left; /* allocations up to the last one that fails; 0: none will */
bool fault_count(const char *what);

/* Will an allocation to come fail on purpose? */
static inline bool fault_is_armed(void)
{
    return IS_DEBUG && unlikely(__atomic_load_n(&fault_left, __ATOMIC_RELAXED));
}

/* Asked by every allocation, once: must it fail? WHAT goes to the log. Nothing is left of it in release
 * builds, which do not have fault.c either. */
static inline bool fault_strikes(const char *what)
{
    return fault_is_armed() && fault_count(what);
}
