/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts of the hypervisor itself. */
#pragma once

#include "types.h"

#define NR_VECTORS      256
#define NR_EXCEPTIONS   32
#define IDT_SIZE        (NR_VECTORS * 16)

#define VECTOR_TIMER    0x20
#define VECTOR_KICK     0x30
#define VECTOR_SPURIOUS 0xff

/* As the stubs and the CPU push it (stubs.asm). */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* The table, filled at the first call; all CPUs share it. */
const void *trap_idt(void);
/* Called by the stubs. */
void trap_entry(struct trap_frame *f);
/* The general registers of F, for the panic report. */
void trap_print(const struct trap_frame *f);
