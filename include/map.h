/* SPDX-License-Identifier: MIT */
/* From page numbers to addresses the hypervisor can use, and the number of this CPU. */
#pragma once

#include "types.h"

/* All RAM is mapped from here on (host builds: the fake machine's arena, less its first address). */
extern char *direct_map;

static inline void *paddr_to_virt(paddr_t a)
{
    return direct_map + a.v;
}

static inline paddr_t virt_to_paddr(const void *p)
{
    return paddr((uint64_t)((const char *)p - direct_map));
}

static inline void *mfn_to_virt(mfn_t m)
{
    return paddr_to_virt(mfn_to_paddr(m));
}

static inline mfn_t virt_to_mfn(const void *p)
{
    return paddr_to_mfn(virt_to_paddr(p));
}

/* Number of the CPU that executes this, from 0. */
unsigned int smp_processor_id(void);
