/* SPDX-License-Identifier: MIT */
/* Between the files of the guest library. */
#pragma once

#include "guest.h"
#include <xen/arch-x86/hvm/start_info.h>

extern char image_end[]; /* guest.ld */

/* C's start, called by start.asm. */
void guest_start(const struct hvm_start_info *info) __attribute__((noreturn));

/* Fill the table of exceptions; load it on this vCPU. */
void exception_init(void);
void exception_load(void);
/* VECTOR: an exception, or the one interrupt behind them, 32. */
void interrupt_gate(unsigned int vector, const char *entry);

/* start.asm: where a vCPU starts that is not the first. */
extern char smp_entry[];
struct vcpu_block;
void smp_main(struct vcpu_block *b) __attribute__((noreturn));

/* SIZE bytes, whole pages; the page below faults. NULL: no memory. */
char *stack_alloc(size_t size);
void stack_free(char *stack);

/* From now on the console is written without its lock: somebody who holds it may have failed. */
void console_seize(void);

/* Take the modules over; returns the first address that nothing from the builder occupies. */
uintptr_t modules_init(const struct hvm_start_info *info);

/* [START, END) is the heap. */
void malloc_init(uintptr_t start, uintptr_t end);
