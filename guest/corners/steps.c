/* SPDX-License-Identifier: MIT */
/* Debug exceptions: single steps over instructions that exit, breakpoints, and the storms that would hang a
 * CPU if they were not intercepted. */
#include "corners.h"
#include "cpu.h"

#define DR6_B0 (1UL << 0)
#define DR6_BS (1UL << 14)
#define DR6_B  (15UL | DR6_BS)

/* Step over INSN: the trap comes before the next instruction. */
#define STEP(name, text, insn)                                                                               \
    static void name(void)                                                                                   \
    {                                                                                                        \
        __asm__ volatile(text "\n movq $1f, trap_mark; pushfq; orl $0x100, (%%rsp); popfq\n" insn            \
                              "\n 1: nop; nop"                                                               \
                         :                                                                                   \
                         :                                                                                   \
                         : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "memory", "cc");                        \
    }
STEP(step_nop, "", "nop")
STEP(step_cpuid, "xor %%eax, %%eax", "cpuid")
STEP(step_vmmcall, "mov $63, %%eax", "vmmcall")
STEP(step_rdmsr, "mov $0xc0000080, %%ecx", "rdmsr")
STEP(step_wrmsr, "mov $0xc0000080, %%ecx; rdmsr", "wrmsr")
STEP(step_in, "", "in $0x70, %%al")
STEP(step_out, "", "out %%al, $0x80")
STEP(step_cr0, "mov %%cr0, %%rax; xor $0x40000, %%rax", "mov %%rax, %%cr0")
STEP(step_cr4, "mov %%cr4, %%rax", "mov %%rax, %%cr4")
STEP(step_wbinvd, "", "wbinvd")
STEP(step_hlt, "cli", "hlt")

static void check_steps(void)
{
    static void (*const code[])(void) = {step_nop, step_cpuid, step_vmmcall, step_rdmsr, step_wrmsr,
                                         step_in,  step_out,   step_cr0,     step_cr4,   step_wbinvd};

    for (unsigned int i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
        expect_equal("exception", trap_catch(code[i]), T_DB);
        expect_equal("rip", trap.rip, trap_mark);
        expect_equal("DR6", trap.dr6 & DR6_B, DR6_BS);
    }
}

/* HLT is over when the trap comes, interrupts or not. */
static void check_step_hlt(void)
{
    expect_equal("exception", trap_catch(step_hlt), T_DB);
    expect_equal("rip", trap.rip, trap_mark);
}

/* REP INS traps after each element, with rip where it was. */
static char buffer[8];
static void step_rep(void)
{
    __asm__ volatile("movq $1f, trap_mark; pushfq; orl $0x100, (%%rsp); popfq; 1: rep insb; nop"
                     :
                     : "D"(buffer), "c"(4L), "d"(0x70)
                     : "memory");
}

static void check_step_rep(void)
{
    expect_equal("exception", trap_catch(step_rep), T_DB);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("first byte", (uint8_t)buffer[0], 0xff);
    expect_equal("second byte", (uint8_t)buffer[1], 0);
}

static void at_breakpoint(void)
{
    __asm__ volatile("movq $1f, trap_mark; movq $1f, %%rax; mov %%rax, %%dr0; mov $0x401, %%eax;"
                     "mov %%rax, %%dr7; nop; 1: cpuid"
                     :
                     :
                     : "rax", "rbx", "rcx", "rdx", "memory");
}

static uint64_t watched;
static void at_data(void)
{
    __asm__ volatile("movq $1f, trap_mark; lea %0, %%rax; mov %%rax, %%dr0; mov $0xd0401, %%eax;"
                     "mov %%rax, %%dr7; movq $5, %0; 1: nop"
                     : "+m"(watched)
                     :
                     : "rax", "memory");
}

static void check_breakpoints(void)
{
    expect_equal("on an instruction", trap_catch(at_breakpoint), T_DB);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("DR6", trap.dr6 & DR6_B, DR6_B0);
    expect_equal("on a write", trap_catch(at_data), T_DB);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("DR6", trap.dr6 & DR6_B, DR6_B0);
    expect_equal("value written", watched, 5);
}

const struct corner steps[] = {
    {"single step over instructions that exit", .run = check_steps},
    {"single step over HLT", .run = check_step_hlt},
    {"single step into REP INS", .run = check_step_rep},
    {"breakpoints", .run = check_breakpoints},
    {0},
};
