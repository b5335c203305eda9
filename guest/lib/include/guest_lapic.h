/* SPDX-License-Identifier: MIT */
/* The local APIC's registers by their offsets, and their bits (AMD64 APM volume 2, chapter 16). */
#pragma once

#include <stdint.h>

#define MSR_APIC_BASE 0x1bU
#define BASE_BSP      (1UL << 8)
#define BASE_X2APIC   (1UL << 10)
#define BASE_ENABLE   (1UL << 11)
#define APIC_PAGE     0xfee00000UL

enum {
    A_ID = 0x20,
    A_VERSION = 0x30,
    A_TPR = 0x80,
    A_PPR = 0xa0,
    A_EOI = 0xb0,
    A_LDR = 0xd0,
    A_DFR = 0xe0,
    A_SVR = 0xf0,
    A_ISR = 0x100,
    A_TMR = 0x180,
    A_IRR = 0x200,
    A_ESR = 0x280,
    A_ICR = 0x300,
    A_ICR_HIGH = 0x310,
    A_TIMER = 0x320,
    A_LINT0 = 0x350,
    A_ERROR = 0x370,
    A_INITIAL = 0x380,
    A_CURRENT = 0x390,
    A_DIVIDE = 0x3e0,
    A_SELF = 0x3f0,
};
#define ENABLED     0x1ffU /* of A_SVR */
#define MASKED      0x10000U
#define PERIODIC    0x20000U
#define ICR_NMI     0x400U
#define ICR_INIT    0x4500U /* asserted */
#define ICR_STARTUP 0x600U
#define ICR_LOGICAL 0x800U
#define TO_SELF     0x40000U
#define TO_ALL      0x80000U
#define TO_OTHERS   0xc0000U

/* The same register as MSR in x2APIC mode. */
#define X2APIC_MSR(reg) (0x800U + (reg) / 16U)

static inline uint32_t apic_read(unsigned int offset)
{
    return *(volatile uint32_t *)(APIC_PAGE + offset);
}

static inline void apic_write(unsigned int offset, uint32_t value)
{
    *(volatile uint32_t *)(APIC_PAGE + offset) = value;
}
