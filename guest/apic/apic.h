/* SPDX-License-Identifier: MIT */
/* The local APIC as a guest meets it: each topic is a table of cases, each case one line of TAP. */
#pragma once

#include <guest.h>
#include <guest_cases.h>
#include <guest_smp.h>
#include <stdint.h>

extern const struct guest_case registers[], moves[], delivery[], timer[], starting[], upcalls[], x2apic[];

/* The case that runs fails unless SEEN becomes EXPECTED within some seconds, or is in these bounds. */
void expect_soon(const char *what, const volatile uint64_t *seen, uint64_t expected);
void expect_between(const char *what, uint64_t seen, uint64_t least, uint64_t most);

/* ---- the machine (cpu.c) ---- */

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

static inline uint32_t apic_read(unsigned int offset)
{
    return *(volatile uint32_t *)(APIC_PAGE + offset);
}

static inline void apic_write(unsigned int offset, uint32_t value)
{
    *(volatile uint32_t *)(APIC_PAGE + offset) = value;
}

/* Of ISR, TMR or IRR. */
static inline uint32_t apic_bit(unsigned int set, unsigned int vector)
{
    return apic_read(set + vector / 32 * 16) >> vector % 32 & 1;
}

void apic_send(uint8_t dest, uint32_t command);
/* As after a reset but switched on, and nothing pending. */
void apic_fresh(void);

/* Interrupts of VECTOR_FIRST and above are counted by vector, and in the order in which they come; each ends
 * with EOI unless `keep` says no. */
#define VECTOR_FIRST 0x20U
#define NR_VECTORS   256U
extern volatile uint64_t taken[NR_VECTORS], taken_by[NR_VECTORS], nmis, total, order[16];
extern bool keep, by_msr;

/* This vCPU takes them. */
void cpu_init(void);
/* False: #GP. */
bool read_msr(uint32_t msr, uint64_t *value);
bool write_msr(uint32_t msr, uint64_t value);

static inline void let_in(void)
{
    __asm__ volatile("sti; nop; cli" ::: "memory");
}

/* Until one has come. */
static inline void halt(void)
{
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}

/* All that come meanwhile. */
static inline void let_in_for(uint64_t ns)
{
    for (uint64_t end = guest_now() + ns; guest_now() < end;)
        let_in();
}

static inline void write_cr8(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr8" : : "r"(value) : "memory");
}

static inline uint64_t read_cr8(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr8, %0" : "=r"(value));
    return value;
}
