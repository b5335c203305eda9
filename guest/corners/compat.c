/* SPDX-License-Identifier: MIT */
/* Exceptions that only 32-bit code can cause, in compatibility mode. */
#include "corners.h"

static uint32_t bounds[2] __attribute__((used)) = {1, 5};

/* Code in 32-bit mode, which lies as all of the image below 4 GiB, and back. TEXT has a label 2. */
#define CODE32(name, text)                                                                                   \
    static void name(void)                                                                                   \
    {                                                                                                        \
        __asm__ volatile("push $0x48; push $1f; lretq; .code32; 1: movl $2f, trap_mark;" text                \
                         "; ljmp $8, $3f; .code64; 3:"                                                       \
                         :                                                                                   \
                         :                                                                                   \
                         : "rax", "memory", "cc");                                                           \
    }
CODE32(overflow, "movl $0x7fffffff, %%eax; incl %%eax; into; 2:")
CODE32(no_overflow, "xorl %%eax, %%eax; 2: into")
CODE32(below_bounds, "xorl %%eax, %%eax; 2: boundl %%eax, bounds")
CODE32(above_bounds, "movl $6, %%eax; 2: boundl %%eax, bounds")
CODE32(at_bound, "movl $5, %%eax; 2: boundl %%eax, bounds")
CODE32(int3, "int3; 2:")
CODE32(undefined, "2: ud2")

static void check(void (*code)(void), int vector)
{
    expect_equal("exception", trap_catch(code), vector);
    if (vector == NO_TRAP)
        return;
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("code segment", trap.cs, SEL_CODE32);
    expect_equal("error code", trap.error, 0);
}

static void check_into(void)
{
    check(overflow, T_OF);
    check(no_overflow, NO_TRAP);
}

static void check_bound(void)
{
    check(below_bounds, T_BR);
    check(above_bounds, T_BR);
    check(at_bound, NO_TRAP);
}

static void check_others(void)
{
    check(int3, T_BP);
    check(undefined, T_UD);
}

const struct corner compatibility[] = {
    {"#OF behind INTO", .run = check_into},
    {"#BR", .run = check_bound},
    {"#BP and #UD", .run = check_others},
    {0},
};
