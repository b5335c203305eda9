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
CODE(read_nowhere, "movabs $0x123456789000, %%rax", "mov (%%rax), %%eax")
CODE(write_nowhere, "movabs $0x123456789000, %%rax", "mov %%eax, (%%rax)")
CODE(null_pointer, "xor %%eax, %%eax", "mov (%%rax), %%eax")
CODE(x87_error,
     "mov %%cr0, %%rax; or $0x20, %%rax; mov %%rax, %%cr0;" /* NE: not as an interrupt */
     "fninit; movw $0x33b, -8(%%rsp); fldcw -8(%%rsp); fldz; fld1; fdiv %%st(1), %%st",
     "fwait")
CODE(int_beyond_idt, "", "int $0x81")
CODE(iret_nested, "pushfq; orl $0x4000, (%%rsp); popfq", "iretq")
CODE(undefined, "", "ud2")

static void jump_nowhere(void)
{
    __asm__ volatile("movabs $0x123456789000, %%rax; mov %%rax, trap_mark; jmp *%%rax" : : : "rax", "memory");
}

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

static void check_page_fault(void (*code)(void), uint64_t error, uint64_t cr2)
{
    expect_equal("exception", trap_catch(code), T_PF);
    expect_equal("error code", trap.error, error);
    expect_equal("CR2", trap.cr2, cr2);
    expect_equal("rip", trap.rip, trap_mark);
}

static void check_page_faults(void)
{
    check_page_fault(read_nowhere, 0, 0x123456789000);
    check_page_fault(write_nowhere, 2, 0x123456789000);
    check_page_fault(null_pointer, 0, 0);
    check_page_fault(jump_nowhere, 0, 0x123456789000); /* the fetch bit only with NX enabled */
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    check_page_fault(jump_nowhere, 0x10, 0x123456789000);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~EFER_NXE);
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
    {"#PF with its error codes and CR2", .run = check_page_faults},
    {"#MF", .run = check_x87_error},
    {"INT n and its way back", .run = check_int_n},
    {"INT n through an empty gate", .run = check_int_n_empty},
    {"IRET with NT in 64-bit code", .code = iret_nested, .vector = T_GP},
    {"#NP and #DF through absent gates", .run = check_absent_gate},
    {0},
};
