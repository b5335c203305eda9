/* SPDX-License-Identifier: MIT */
/* All CPUs must be able to do what the boot CPU can: guests are told once, and run anywhere. */
#include "cpu_setup.h"
#include "error.h"
#include "insn.h"
#include "log.h"
#include "registers.h"
#include "types.h"

enum { EAX, EBX, ECX, EDX, NR_REGISTERS };

/* A register of a CPUID leaf: every bit is needed, or all of it must be the same. */
static const struct requirement {
    uint32_t leaf, bits;
    unsigned int in;
    bool same;
} requirements[] = {
    {0x1, ~CPUID1_ECX_OSXSAVE, ECX, false},
    {0x1, ~0U, EDX, false},
    {0x7, ~0U, EBX, false},
    {0x7, ~CPUID7_ECX_OSPKE, ECX, false},
    {0xd, ~0U, EAX, true},
    {0xd, ~0U, ECX, true},
    {0xd, ~0U, EDX, true},
    {0x80000001, ~0U, ECX, false},
    {0x80000001, ~0U, EDX, false},
    {0x80000008, 0xff, EAX, true}, /* width of physical addresses */
    {0x80000008, 1, EBX, false},   /* CLZERO */
    {0x8000000a, ~0U, EBX, true},  /* address space ids */
    {0x8000000a, ~0U, EDX, false}, /* SVM */
};

static uint32_t boot_has[ARRAY_SIZE(requirements)];
static uint64_t boot_banks;

/* A leaf that is not there is empty. */
static uint32_t read_register(const struct requirement *r)
{
    struct cpuid c = cpuid(r->leaf & 0x80000000, 0);
    const uint32_t *values = (const uint32_t *)&c;

    if (c.eax < r->leaf)
        return 0;
    c = cpuid(r->leaf, 0);
    return values[r->in] & r->bits;
}

static uint64_t machine_check_banks(void)
{
    return cpuid(1, 0).edx & CPUID1_EDX_MCA ? rdmsr(MSR_MCG_CAP) & 0xff : 0;
}

void cpu_note_features(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(requirements); i++)
        boot_has[i] = read_register(&requirements[i]);
    boot_banks = machine_check_banks();
}

int cpu_check_features(void)
{
    static const char *const names[NR_REGISTERS] = {"EAX", "EBX", "ECX", "EDX"};

    for (unsigned int i = 0; i < ARRAY_SIZE(requirements); i++) {
        const struct requirement *r = &requirements[i];
        uint32_t has = read_register(r);

        if (r->same ? has == boot_has[i] : !(boot_has[i] & ~has))
            continue;
        log_warn("CPUID %#x: %s is %#x, the boot CPU has %#x\n", r->leaf, names[r->in], has, boot_has[i]);
        return -ENODEV;
    }
    if (machine_check_banks() >= boot_banks)
        return 0;
    log_warn("machine checks: %lu banks, the boot CPU has %lu\n", machine_check_banks(), boot_banks);
    return -ENODEV;
}
