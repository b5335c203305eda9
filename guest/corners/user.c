/* SPDX-License-Identifier: MIT */
/* Code at CPL 3: no hypercalls, no privileged instructions, alignment checks. */
#include "corners.h"
#include "cpu.h"

#define EPERM_RESULT ((uint64_t)-1)
#define PTE_USER     4UL

static uint64_t result;

static void hypercall(void)
{
    __asm__ volatile("mov $17, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; vmmcall; mov %%rax, %0; int $0x80"
                     : "=m"(result)
                     :
                     : "rax", "rdi", "rsi", "memory");
}

/* The same numbers that succeed at CPL 0, and those that do not exist. */
static void check_hypercall(void)
{
    result = 0;
    expect_equal("how it ended", trap_catch_user(hypercall), T_USER_DONE);
    expect_equal("result", result, EPERM_RESULT);
    expect_equal("privilege it ran with", trap.cs & 3, 3);
}

static void cpuid_user(void)
{
    __asm__ volatile("xor %%eax, %%eax; cpuid; mov %%rax, %0; int $0x80"
                     : "=m"(result)
                     :
                     : "rax", "rbx", "rcx", "rdx", "memory");
}

static void check_cpuid(void)
{
    expect_equal("how it ended", trap_catch_user(cpuid_user), T_USER_DONE);
    expect_equal("highest leaf", result, 0xd);
}

CODE(hlt, "", "hlt")
CODE(cli, "", "cli")
CODE(rdmsr_user, "mov $0xc0000080, %%ecx", "rdmsr")
CODE(wrmsr_user, "mov $0xc0000100, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx", "wrmsr")
CODE(in_user, "", "in $0x70, %%al")
CODE(out_user, "", "out %%al, $0x80")
CODE(mov_cr0, "xor %%eax, %%eax", "mov %%rax, %%cr0")
CODE(mov_cr4, "xor %%eax, %%eax", "mov %%rax, %%cr4")
CODE(mov_dr7, "xor %%eax, %%eax", "mov %%rax, %%dr7")
CODE(lmsw, "xor %%eax, %%eax", "lmsw %%ax")
CODE(invd_user, "", "invd")
CODE(wbinvd_user, "", "wbinvd")
CODE(lidt, "", "lidt trap")
CODE(int_of_kernel, "", "int $0x0e")

static const struct {
    const char *name;
    void (*code)(void);
} refused[] = {
    {"HLT", hlt},          {"CLI", cli},
    {"RDMSR", rdmsr_user}, {"WRMSR", wrmsr_user},
    {"IN", in_user},       {"OUT", out_user},
    {"MOV CR0", mov_cr0},  {"MOV CR4", mov_cr4},
    {"MOV DR7", mov_dr7},  {"LMSW", lmsw},
    {"INVD", invd_user},   {"WBINVD", wbinvd_user},
    {"LIDT", lidt},        {"INT 14", int_of_kernel},
};

static void check_refused(void)
{
    for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        expect_equal(refused[i].name, trap_catch_user(refused[i].code), T_GP);
        expect_equal("rip", trap.rip, trap_mark);
    }
}

/* #AC is intercepted: it comes back as it came. */
static void misaligned(void)
{
    static uint64_t numbers[2];

    __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; movq $1f, trap_mark; 1: mov %0, %%rax; int $0x80"
                     :
                     : "m"(*(uint64_t *)((char *)numbers + 1))
                     : "rax", "memory");
}

static void check_alignment(void)
{
    uint64_t cr0 = read_cr0();

    write_cr0(cr0 | CR0_AM);
    if (trap_catch_user(misaligned) != T_USER_DONE) { /* emulators may not check */
        expect_equal("exception", trap.vector, T_AC);
        expect_equal("error code", trap.error, 0);
    }
    write_cr0(cr0);
}

CODE(touch_kernel, "mov $0x40000000, %%eax", "mov (%%rax), %%eax")
static void check_user_fault(void)
{
    expect_equal("exception", trap_catch_user(touch_kernel), T_PF);
    expect_equal("error code", trap.error, 5);
}

/* Steps at CPL 3 over an instruction that exits. */
static void step(void)
{
    __asm__ volatile("movq $1f, trap_mark; pushfq; orl $0x100, (%%rsp); popfq; cpuid; 1: nop"
                     :
                     :
                     : "rax", "rbx", "rcx", "rdx", "memory");
}

static void check_step(void)
{
    expect_equal("exception", trap_catch_user(step), T_DB);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("privilege", trap.cs & 3, 3);
}

/* A program that may use ports writes with INS where it may write itself, and nowhere else. */
static uint8_t kernel_page[PAGE_SIZE] __attribute__((aligned(4096)));

static void ins_to_kernel(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: insb; int $0x80" : : "D"(kernel_page), "d"(0x70) : "memory");
}

static void check_ins(void)
{
    volatile uint64_t *entry = page_entry(kernel_page);
    uint64_t old = *entry;

    user_rflags |= RFLAGS_IOPL;
    *entry = old & ~PTE_USER;
    write_cr3(read_cr3());
    expect_equal("to a page of the kernel", trap_catch_user(ins_to_kernel), T_PF);
    expect_equal("error code", trap.error, 7);
    expect_equal("CR2", trap.cr2, (uintptr_t)kernel_page);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("byte there", kernel_page[0], 0);
    *entry = old;
    write_cr3(read_cr3());
    expect_equal("to a page of its own", trap_catch_user(ins_to_kernel), T_USER_DONE);
    expect_equal("byte there", kernel_page[0], 0xff);
    user_rflags &= ~RFLAGS_IOPL;
}

const struct corner user[] = {
    {"a hypercall is EPERM", .run = check_hypercall},
    {"CPUID works", .run = check_cpuid},
    {"privileged instructions are #GP", .run = check_refused},
    {"#AC", .run = check_alignment},
    {"#PF says user", .run = check_user_fault},
    {"INS respects the page tables", .run = check_ins},
    {"single step", .run = check_step},
    {0},
};
