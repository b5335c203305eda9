/* SPDX-License-Identifier: MIT */
/* What each CPU has for itself: descriptors, stacks, its timer. Reached through the GS base. */
#pragma once

#include "types.h"

/* Selectors in the GDT. */
#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_TSS  0x18

/* Stacks that the CPU switches to by itself, as numbered in the IDT. */
enum ist { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, NR_IST };

#define MAIN_STACK_SIZE (8 * PAGE_SIZE)
#define IST_STACK_SIZE  (3 * PAGE_SIZE)

/* A CPU's stacks. Each has a page below it that is not mapped, so that an overflow faults. */
struct ALIGNED(4096) cpu_stacks {
    struct {
        uint8_t guard[PAGE_SIZE];
        uint8_t stack[IST_STACK_SIZE];
    } ist[NR_IST - 1];
    uint8_t guard[PAGE_SIZE];
    uint8_t main[MAIN_STACK_SIZE];
};

/* AMD64 manual volume 2, section 12.2.5. */
struct PACKED tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[0] is IST 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map; /* offset; beyond the limit: no map */
};
_Static_assert(sizeof(struct tss) == 104, "a 64-bit TSS has 104 bytes");

struct trap_frame;

struct cpu {
    struct cpu *self; /* first: what this_cpu() reads */
    unsigned int id;
    uint32_t apic_id;
    nodeid_t node;  /* where its stacks, and what is allocated for it, lie */
    bool stopped;   /* it has halted for ever: arch_cpus_stop */
    uint32_t start; /* how far its start has come (ap.c); atomic */
    struct cpu_stacks *stacks;
    struct tss tss ALIGNED(8);
    uint64_t gdt[5];
    const struct trap_frame *trap; /* the exception that is being handled, for the panic report */
    unsigned int trap_depth;
    uint64_t interrupts;     /* that it has taken */
    uint64_t timer_deadline; /* ns; TIMER_NEVER: off */
};

extern struct cpu boot_cpu;

static inline struct cpu *this_cpu(void)
{
    struct cpu *c;
    __asm__ volatile("mov %%gs:0, %0" : "=r"(c));
    return c;
}

/* A new CPU's data and its stacks, on NODE's memory as far as it has some. *ticket becomes the top of the
 * main stack, with the address of the data there. Boot CPU only. NULL without memory: what was found is not
 * given back, since a machine that has no 100 KiB at boot runs no guest. */
struct cpu *percpu_create(unsigned int id, uint32_t apic_id, nodeid_t node, void **ticket);
/* Make C this CPU's: GS base, GDT, TSS, IDT. */
void percpu_load(struct cpu *c);
/* Unmap the guard pages of the boot CPU's stacks; the image must be mapped page by page. */
void percpu_guard_stacks(void);
