/* SPDX-License-Identifier: MIT */
/* The same registers as MSRs. Last: the way back leads through off. */
#include "apic.h"

#define ON (APIC_PAGE | BASE_BSP | BASE_ENABLE | BASE_X2APIC)

static uint64_t get(unsigned int reg)
{
    uint64_t value;

    expect_equal("can be read", read_msr(X2APIC_MSR(reg), &value), true);
    return value;
}

static void check_mode(void)
{
    uint64_t base;

    apic_fresh();
    apic_write(A_TPR, 0x30);
    expect_equal("switched on", write_msr(MSR_APIC_BASE, ON), true);
    by_msr = true;
    read_msr(MSR_APIC_BASE, &base);
    expect_equal("APIC_BASE", base, ON);
    expect_equal("registers stay", get(A_TPR), 0x30);
    expect_equal("id", get(A_ID), 0);
    expect_equal("LDR", get(A_LDR), 1);
    expect_equal("version", get(A_VERSION), 0x00050014);
    expect_equal("not back to xAPIC", write_msr(MSR_APIC_BASE, ON & ~BASE_X2APIC), false);
    write_msr(X2APIC_MSR(A_TPR), 0);
}

static void check_refusals(void)
{
    static const struct {
        uint16_t reg;
        uint64_t value;
    } bad[] = {{A_ID, 0},      {A_LDR, 0},         {A_DFR, 0},    {A_ICR_HIGH, 0},      {A_EOI, 1},
               {A_TPR, 0x100}, {A_TPR, 1UL << 32}, {A_SVR, ~0UL}, {A_TIMER, 1UL << 20}, {A_ICR, 1UL << 12},
               {A_CURRENT, 0}, {A_DIVIDE, 4},      {A_ESR, 1},    {A_SELF, 0x100},      {0x40, 0},
               {A_IRR, 0}};
    static const uint16_t unreadable[] = {A_EOI, A_DFR, A_ICR_HIGH, A_SELF, 0x40, 0};
    uint64_t value;

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_equal("#GP of a write", write_msr(X2APIC_MSR(bad[i].reg), bad[i].value), false);
    for (unsigned int i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++)
        expect_equal("#GP of a read", read_msr(X2APIC_MSR(unreadable[i]), &value), false);
    expect_equal("#GP behind the last", read_msr(0x840, &value), false);
}

static void check_interrupts(void)
{
    write_msr(X2APIC_MSR(A_SELF), 0x71);
    let_in();
    expect_equal("to oneself", taken[0x71], 1);
    write_msr(X2APIC_MSR(A_ICR), 0x72);
    let_in();
    expect_equal("by id", taken[0x72], 1);
    write_msr(X2APIC_MSR(A_ICR), 1UL << 32 | ICR_LOGICAL | 0x73);
    let_in();
    expect_equal("by cluster", taken[0x73], 1);
    write_msr(X2APIC_MSR(A_ICR), 0xffffffffUL << 32 | 0x74);
    let_in();
    expect_equal("broadcast", taken[0x74], 1);
    write_msr(X2APIC_MSR(A_ICR), 0xffUL << 32 | 0x75);
    let_in();
    expect_equal("255 is nobody", taken[0x75], 0);
    expect_equal("ICR", get(A_ICR), 0xffUL << 32 | 0x75);
}

static void check_timer(void)
{
    write_msr(X2APIC_MSR(A_DIVIDE), 0xb);
    write_msr(X2APIC_MSR(A_TIMER), 0x76);
    write_msr(X2APIC_MSR(A_INITIAL), 100000);
    while (!taken[0x76])
        halt();
    expect_equal("taken", taken[0x76], 1);
}

static void check_back(void)
{
    expect_equal("off", write_msr(MSR_APIC_BASE, APIC_PAGE | BASE_BSP), true);
    expect_equal("not at once to x2APIC", write_msr(MSR_APIC_BASE, ON), false);
    expect_equal("on", write_msr(MSR_APIC_BASE, APIC_PAGE | BASE_BSP | BASE_ENABLE), true);
    by_msr = false;
    expect_equal("all is as after a reset", apic_read(A_SVR), 0xff);
}

const struct guest_case x2apic[] = {
    {"mode", check_mode},   {"refused with #GP", check_refusals}, {"interrupts", check_interrupts},
    {"timer", check_timer}, {"back to xAPIC", check_back},        {0},
};
