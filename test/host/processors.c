/* SPDX-License-Identifier: MIT */
/* The fake machine's processors, of which a host program has one; in a file of their own for tests that have
 * others. */
#include "arch.h"
#include "error.h"

uint32_t arch_apic_id(void)
{
    return 0;
}

int arch_cpu_start(unsigned int cpu UNUSED, uint32_t apic_id UNUSED, nodeid_t node UNUSED)
{
    return -ENODEV;
}

uint64_t arch_phys_limit(void)
{
    return 1UL << 48;
}
