/* SPDX-License-Identifier: MIT */
/* Exceptions of every kind, with their error codes. */
#include "corners.h"
#include "cpu.h"

CODE(divide, "xor %%eax, %%eax; xor %%edx, %%edx; xor %%ecx, %%ecx", "div %%ecx")
CODE(into, "", ".byte 0xce")
CODE(no_fpu, "mov %%cr0, %%rax; or $8, %%rax; mov %%rax, %%cr0", "fninit")
CODE(absent_segment, "mov $0x18, %%eax", "mov %%eax, %%fs")
CODE(code_as_stack, "mov $8, %%eax", "mov %%eax, %%ss")
CODE(beyond_gdt, "mov $0xfff8, %%eax", "mov %%eax, %%ds")
CODE(not_canonical, "movabs $0x8000000000000000, %%rax", "mov (%%rax), %%rax")
CODE(busy_task, "mov $0x30, %%eax", "ltr %%ax")
CODE(x87_error,
     "mov %%cr0, %%rax; or $0x20, %%rax; mov %%rax, %%cr0;" /* NE: not as an interrupt */
     "fninit; movw $0x33b, -8(%%rsp); fldcw -8(%%rsp); fldz; fld1; fdiv %%st(1), %%st",
     "fwait")
CODE(int_beyond_idt, "", "int $0x81")
CODE(iret_nested, "pushfq; orl $0x4000, (%%rsp); popfq", "iretq")
CODE(undefined, "", "ud2")
CODE(sse_error,
     "movl $0x1d80, -8(%%rsp); ldmxcsr -8(%%rsp); movl $0x3f800000, -8(%%rsp);" /* all masked but division by
                                                                                   0 */
     "xorps %%xmm1, %%xmm1; movss -8(%%rsp), %%xmm0",
     "divss %%xmm1, %%xmm0")

/* A trap: rip is behind the instruction. */
static void int3(void)
{
    __asm__ volatile("movq $1f, trap_mark; int3; 1:" : : : "memory");
}

static void int_80(void)
{
    __asm__ volatile("movq $1f, trap_mark; int $0x80; 1:" : : : "memory");
}

static void check_int3(void)
{
    expect_equal("exception", trap_catch(int3), T_BP);
    expect_equal("rip", trap.rip, trap_mark);
}

static void check_int_n(void)
{
    expect_equal("vector", trap_catch(int_80), 0x80);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("code segment", trap.cs, SEL_CODE);
}

/* Stack references: #SS on a CPU, #GP in some emulators. */
CODE(wild_stack, "movabs $0x8000000000000000, %%rbx", "mov %%ss:(%%rbx), %%rax")
static void check_wild_stack(void)
{
    int vector = trap_catch(wild_stack);

    expect_equal("stack or protection fault", vector == T_SS || vector == T_GP, 1);
    expect_equal("error code", trap.error, 0);
}

static void check_no_fpu(void)
{
    uint64_t cr0 = read_cr0();

    expect_equal("exception", trap_catch(no_fpu), T_NM);
    write_cr0(cr0);
}

static void check_x87_error(void)
{
    uint64_t cr0 = read_cr0();

    expect_equal("exception", trap_catch(x87_error), T_MF);
    expect_equal("rip", trap.rip, trap_mark);
    __asm__ volatile("fninit");
    write_cr0(cr0);
}

static uint32_t mxcsr_load(uint32_t value)
{
    uint32_t old;

    __asm__ volatile("stmxcsr %0; ldmxcsr %1" : "=m"(old) : "m"(value));
    return old;
}

/* Emulators may only take note of the error. */
static void check_sse_error(void)
{
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 | CR4_FPU);
    if (trap_catch(sse_error) != NO_TRAP) {
        expect_equal("exception", trap.vector, T_XM);
        expect_equal("rip", trap.rip, trap_mark);
    }
    expect_equal("MXCSR", mxcsr_load(0x1f80), 0x1d84);
    write_cr4(cr4);
}

static void check_short_tss(void)
{
    expect_equal("exception", trap_catch_short_tss(int_80, 0x80), T_TS);
    expect_equal("error code", trap.error, SEL_TSS);
    expect_equal("rip", trap.rip, trap_mark - 2);
    expect_equal("with the whole TSS", trap_catch(int_80), 0x80);
}

/* A gate that is not present: #NP; twice in a row: a double fault. */
static void check_absent_gate(void)
{
    trap_set_present(T_UD, false);
    expect_equal("exception", trap_catch(undefined), T_NP);
    trap_set_present(T_NP, false);
    expect_equal("exception", trap_catch(undefined), T_DF);
    expect_equal("error code", trap.error, 0);
    trap_set_present(T_NP, true);
    trap_set_present(T_UD, true);
}

/* The error code names the gate; emulators disagree on how. */
static void check_int_n_empty(void)
{
    expect_equal("exception", trap_catch(int_beyond_idt), T_GP);
    expect_equal("rip", trap.rip, trap_mark);
}

const struct corner exceptions[] = {
    {"#DE", .code = divide, .vector = T_DE},
    {"#BP behind INT3", .run = check_int3},
    {"INTO in 64-bit code", .code = into, .vector = T_UD},
    {"#NM", .run = check_no_fpu},
    {"#NP of a segment", .code = absent_segment, .vector = T_NP, .error = SEL_ABSENT},
    {"#GP of a code segment as stack", .code = code_as_stack, .vector = T_GP, .error = SEL_CODE},
    {"#GP of a selector beyond the GDT", .code = beyond_gdt, .vector = T_GP, .error = 0xfff8},
    {"#GP of an address that is not canonical", .code = not_canonical, .vector = T_GP},
    {"#SS", .run = check_wild_stack},
    {"LTR of a busy task", .code = busy_task, .vector = T_GP, .error = SEL_TSS},
    {"#MF", .run = check_x87_error},
    {"#XM", .run = check_sse_error},
    {"#TS of a TSS that is too short", .run = check_short_tss},
    {"INT n and its way back", .run = check_int_n},
    {"INT n through an empty gate", .run = check_int_n_empty},
    {"IRET with NT in 64-bit code", .code = iret_nested, .vector = T_GP},
    {"#NP and #DF through absent gates", .run = check_absent_gate},
    {0},
};
