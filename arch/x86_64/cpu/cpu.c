/* SPDX-License-Identifier: MIT */
/* Control registers, the switch to the final page tables, and what the CPU is and can reach.
 */
#include "arch.h"
#include "cpu_setup.h"
#include "hvm/svm.h"
#include "insn.h"
#include "lapic.h"
#include "layout.h"
#include "mca.h"
#include "pagetable.h"
#include "percpu.h"
#include "registers.h"
#include "start.h"
#include <string.h>

#define BRAND_LEAF 0x80000002U /* and the next two: 48 characters */
#define BRAND_SIZE 48

/* Everything that is not listed is switched off, XSAVE until fpu_cpu_init; what only some CPUs have is added
 * by its CPUID bit. */
static uint64_t wanted_cr4(void)
{
    uint32_t features = cpuid(7, 0).ebx;
    uint64_t cr4 = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (cpuid(0, 0).eax < 7)
        features = 0;
    if (features & CPUID7_EBX_SMEP)
        cr4 |= CR4_SMEP;
    if (features & CPUID7_EBX_SMAP)
        cr4 |= CR4_SMAP;
    return cr4;
}

void cpu_set_control_registers(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    wrmsr(MSR_PAT, PAT_DEFAULT);
    write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
    write_cr4(wanted_cr4());
}

int arch_cpu_init(void)
{
    int rc = pagetable_init(boot_record);

    if (rc)
        return rc;
    cpu_set_control_registers();
    pagetable_load();
    percpu_guard_stacks();
    return lapic_find();
}

int arch_percpu_init(void)
{
    int rc = lapic_init();

    if (rc)
        return rc;
    this_cpu()->apic_id = lapic_id();
    mca_cpu_init();
    cpu_note_features();
    return svm_cpu_init();
}

const char *arch_cpu_name(void)
{
    static char name[BRAND_SIZE + 1];
    const char *start = name;

    for (uint32_t i = 0; i < BRAND_SIZE / sizeof(struct cpuid); i++) {
        struct cpuid part = cpuid(BRAND_LEAF + i, 0);
        memcpy(name + i * sizeof(part), &part, sizeof(part));
    }
    while (*start == ' ')
        start++;
    return start;
}

uint64_t arch_phys_limit(void)
{
    uint64_t limit = 1UL << MIN(cpuid(0x80000008, 0).eax & 0xff, 51U);

    return MIN(limit, DIRECT_MAP_SIZE - PAGE_SIZE); /* the last frame's number would be FRAME_NONE */
}
