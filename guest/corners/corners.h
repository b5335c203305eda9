/* SPDX-License-Identifier: MIT */
/* The corner cases of a guest's machine: each topic is a table of these, each case one line of TAP. */
#pragma once

#include <guest.h>
#include <guest_cases.h>
#include <stdint.h>

/* Exceptions by number; NO_TRAP: the code runs to its end. */
enum vector {
    NO_TRAP = -1,
    T_DE = 0,
    T_DB = 1,
    T_BP = 3,
    T_OF = 4,
    T_BR = 5,
    T_UD = 6,
    T_NM = 7,
    T_DF = 8,
    T_TS = 10,
    T_NP = 11,
    T_SS = 12,
    T_GP = 13,
    T_PF = 14,
    T_MF = 16,
    T_AC = 17,
    T_XM = 19,
    T_USER_DONE = 0x80, /* how code at CPL 3 comes back */
};

struct corner {
    const char *title;
    void (*run)(void);  /* checks by itself, or */
    void (*code)(void); /* gets this exception, at the instruction that INSN marks, or none */
    int vector;
    uint64_t error;
};

/* ---- Exceptions (trap.asm, trap.c) ---- */

/* What the CPU left on the stack, CR2 and DR6 beside it. Written by trap.asm. */
struct trap {
    uint64_t vector, error, rip, cs, rflags, rsp, ss, cr2, dr6;
};
extern struct trap trap;
/* Where the code says that its exception will be. */
extern uint64_t trap_mark;

/* Own GDT, IDT and TSS; the image becomes accessible at CPL 3. */
void trap_init(void);
/* Run CODE until its end (NO_TRAP) or its exception, which is then in `trap`. Afterwards flags and debug
 * registers are in their usual state. */
int trap_catch(void (*code)(void));
/* The same at CPL 3, on a stack of its own. */
int trap_catch_user(void (*code)(void));
extern uint64_t user_rflags; /* what it starts with */
/* What runs at an interrupt of this vector. */
void trap_set_handler(unsigned int vector, void (*entry)(void));
/* Take the gate of an exception out of the IDT, or put it back. */
void trap_set_present(unsigned int vector, bool present);
/* Run CODE with a TSS that ends before the stack pointer that VECTOR's gate asks it for. */
int trap_catch_short_tss(void (*code)(void), unsigned int vector);
/* CPL 3 may use the page of P and nothing else of the image; NULL: all of it again. */
void trap_limit_user(const void *p);

/* The lowest entry of the page tables that maps this address, a page of 4 KiB below 2 MiB. */
volatile uint64_t *page_entry(const void *p);

/* A function of assembly: TEXT prepares, INSN is the instruction that is looked at. */
#define CODE(name, text, insn)                                                                               \
    static void name(void)                                                                                   \
    {                                                                                                        \
        __asm__ volatile(text "\n movq $1f, trap_mark\n 1: " insn "\n"                                       \
                         :                                                                                   \
                         :                                                                                   \
                         : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "memory", "cc");                        \
    }

/* Selectors of the GDT (trap.c). */
#define SEL_CODE       0x08
#define SEL_DATA       0x10
#define SEL_ABSENT     0x18
#define SEL_USER_DATA  0x23
#define SEL_USER_CODE  0x2b
#define SEL_TSS        0x30
#define SEL_MIXED_CODE 0x40 /* L and D both set: no CPU runs it */
#define SEL_CODE32     0x48

/* ---- Topics ---- */

extern const struct corner arguments[], tables[], instructions[], registers[], msrs[], ports[], nobodys[],
    exceptions[], compatibility[], page_faults[], steps[], user[], fresh[], interrupts_in[];

/* Leave the guest for each reason there is and compare the hypervisor's counts, in TAP; for a privileged
 * domain 0. */
int check_exits(void);
/* Fill every register that is not in the VMCB with this guest's own values and watch them for a while. */
int keep_state(unsigned int seed);
/* Execute bytes that make no sense, for ever or until they end this guest. */
void execute_noise(unsigned int seed);
