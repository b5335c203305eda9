/* SPDX-License-Identifier: MIT */
/* The local APIC as a guest meets it: each topic is a table of cases, each case one line of TAP. */
#pragma once

#include <guest.h>
#include <guest_cases.h>
#include <guest_lapic.h>
#include <guest_smp.h>
#include <stdint.h>

extern const struct guest_case registers[], moves[], delivery[], timer[], starting[], upcalls[], x2apic[];

/* The case that runs fails unless SEEN becomes EXPECTED within some seconds, or is in these bounds. */
void expect_soon(const char *what, const volatile uint64_t *seen, uint64_t expected);
void expect_between(const char *what, uint64_t seen, uint64_t least, uint64_t most);

/* ---- the machine (cpu.c) ---- */

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
