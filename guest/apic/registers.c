/* SPDX-License-Identifier: MIT */
/* What the registers read after a reset, and what of a write they keep (AMD64 APM volume 2, chapter 16). */
#include "apic.h"

static void check_reset(void)
{
    uint64_t base;

    expect_equal("APIC_BASE can be read", read_msr(MSR_APIC_BASE, &base), true);
    expect_equal("APIC_BASE", base, APIC_PAGE | BASE_ENABLE | BASE_BSP);
    expect_equal("id", apic_read(A_ID), 0);
    expect_equal("version and last entry of the LVT", apic_read(A_VERSION), 0x00050014);
    expect_equal("TPR", apic_read(A_TPR), 0);
    expect_equal("LDR", apic_read(A_LDR), 0);
    expect_equal("DFR", apic_read(A_DFR), 0xffffffff);
    expect_equal("spurious vector", apic_read(A_SVR), 0xff);
    for (unsigned int r = A_TIMER; r <= A_ERROR; r += 16)
        expect_equal("LVT entry", apic_read(r), MASKED);
    for (unsigned int r = A_ISR; r < A_ESR; r += 16)
        expect_equal("ISR, TMR, IRR", apic_read(r), 0);
    expect_equal("current count", apic_read(A_CURRENT), 0);
}

static void check_cpuid(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    expect_equal("id", b >> 24, 0);
    expect_equal("x2APIC", c >> 21 & 1, 1);
    expect_equal("APIC", d >> 9 & 1, 1);
    write_msr(MSR_APIC_BASE, APIC_PAGE | BASE_BSP);
    a = 1, c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    expect_equal("APIC when it is off", d >> 9 & 1, 0);
    write_msr(MSR_APIC_BASE, APIC_PAGE | BASE_BSP | BASE_ENABLE);
}

static void check_bits(void)
{
    static const struct {
        uint16_t reg;
        uint32_t kept;
    } bits[] = {{A_TPR, 0xff},      {A_LDR, 0xff000000}, {A_SVR, 0x1ff},     {A_ICR_HIGH, 0xff000000},
                {A_TIMER, 0x300ff}, {A_LINT0, 0x1a7ff},  {A_ERROR, 0x100ff}, {A_DIVIDE, 0xb}};

    apic_fresh();
    for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        apic_write(bits[i].reg, ~0U);
        expect_equal("of all ones", apic_read(bits[i].reg), bits[i].kept);
        apic_write(bits[i].reg, 0);
        expect_equal("of zeros", apic_read(bits[i].reg),
                     bits[i].reg >= A_TIMER && bits[i].reg <= A_ERROR && !(apic_read(A_SVR) & 0x100) ? MASKED
                                                                                                     : 0);
    }
    apic_write(A_DFR, 0);
    expect_equal("DFR", apic_read(A_DFR), 0x0fffffff);
    apic_write(A_ID, 0x55000000);
    expect_equal("the id stays", apic_read(A_ID), 0);
}

static void check_priority(void)
{
    apic_fresh();
    apic_write(A_TPR, 0x57);
    expect_equal("CR8", read_cr8(), 5);
    expect_equal("PPR", apic_read(A_PPR), 0x57);
    write_cr8(5);
    expect_equal("TPR of the same class", apic_read(A_TPR), 0x57);
    write_cr8(9);
    expect_equal("TPR of another", apic_read(A_TPR), 0x90);
    write_cr8(0);
}

static void check_off(void)
{
    apic_fresh();
    apic_write(A_TIMER, 0x40);
    expect_equal("not masked", apic_read(A_TIMER), 0x40);
    apic_write(A_SVR, 0xff);
    expect_equal("masked with the APIC", apic_read(A_TIMER), MASKED | 0x40);
    apic_write(A_TIMER, 0x41);
    expect_equal("and stays so", apic_read(A_TIMER), MASKED | 0x41);
}

static void check_errors(void)
{
    apic_fresh();
    apic_write(A_ERROR, 0x45);
    apic_read(0x40);
    expect_equal("only a write tells", apic_read(A_ESR), 0);
    apic_write(A_ESR, 0);
    expect_equal("no such register", apic_read(A_ESR), 0x80);
    apic_send(0, 5);
    apic_write(A_ESR, 0);
    expect_equal("vector below 16", apic_read(A_ESR), 0x20);
    apic_write(A_ESR, 0);
    expect_equal("nothing since", apic_read(A_ESR), 0);
    let_in();
    expect_equal("an interrupt tells, too", taken[0x45], 1);
}

static void check_base(void)
{
    static const uint64_t bad[] = {
        APIC_PAGE | BASE_BSP | BASE_X2APIC, APIC_PAGE | BASE_ENABLE, 0xfed00000 | BASE_BSP | BASE_ENABLE,
        APIC_PAGE | BASE_BSP | BASE_ENABLE | 1, APIC_PAGE | BASE_BSP | BASE_ENABLE | 1UL << 52};

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_equal("#GP", write_msr(MSR_APIC_BASE, bad[i]), false);
    expect_equal("x2APIC's MSRs in xAPIC mode: #GP", write_msr(0x808, 0), false);
}

const struct guest_case registers[] = {
    {"after a reset", check_reset},
    {"CPUID says that it is there", check_cpuid},
    {"bits that can be written", check_bits},
    {"TPR is CR8", check_priority},
    {"software switches it off", check_off},
    {"errors", check_errors},
    {"APIC_BASE refuses what it cannot do", check_base},
    {0},
};
