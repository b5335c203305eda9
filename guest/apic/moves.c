/* SPDX-License-Identifier: MIT */
/* The instructions that reach the registers. TPR is read and written by each: of 8 bits it keeps all. */
#include "apic.h"

#define TPR  "0xfee00080"
#define BASE (APIC_PAGE + A_TPR)

/* RAX is 0x1122334455667788 before; TEXT reads the register, which is 0x96, by RBX. */
#define READ(text, result)                                                                                   \
    do {                                                                                                     \
        uint64_t rax = 0x1122334455667788, rbx = BASE;                                                       \
                                                                                                             \
        apic_write(A_TPR, 0x96);                                                                             \
        __asm__ volatile(text : "+a"(rax), "+b"(rbx) : "d"(0x20UL) : "r9", "memory");                        \
        expect_equal(text, rax, (result));                                                                   \
    } while (0)

/* RAX, of which TEXT may write, is 0xa5. */
#define WRITE(text, result)                                                                                  \
    do {                                                                                                     \
        uint64_t rax = 0xa5, rbx = BASE;                                                                     \
                                                                                                             \
        apic_write(A_TPR, 0);                                                                                \
        __asm__ volatile(text : "+a"(rax), "+b"(rbx) : "d"(0x20UL) : "r12", "memory");                       \
        expect_equal(text, apic_read(A_TPR), result);                                                        \
        apic_write(A_TPR, 0);                                                                                \
    } while (0)

static void read_all(void)
{
    apic_fresh();
    READ("mov (%%rbx), %%eax", 0x96);
    READ("mov (%%rbx), %%al", 0x1122334455667796);
    READ("mov (%%rbx), %%ah", 0x1122334455669688);
    READ("mov (%%rbx), %%ax", 0x1122334455660096);
    READ("mov (%%rbx), %%rax", 0x96);
    READ("movzbl (%%rbx), %%eax", 0x96);
    READ("movsbq (%%rbx), %%rax", 0xffffffffffffff96);
    READ("movzwl (%%rbx), %%eax", 0x96);
    READ("mov (%%rbx), %%r9d; mov %%r9, %%rax", 0x96);
    READ("mov -0x10(%%rbx), %%eax; mov 0x10(%%rbx), %%eax; mov -0x0(%%rbx), %%eax", 0x96);
    READ("sub $0x80, %%rbx; mov (%%rbx,%%rdx,4), %%eax", 0x96);
    READ("sub $0x90, %%rbx; mov 0x10(%%rbx,%%rdx,4), %%eax", 0x96);
    READ("movabs " TPR ", %%eax", 0x96);
    READ("mov (%%ebx), %%eax", 0x96);
    READ("mov $0x33, %%eax; xchg %%eax, (%%rbx)", 0x96);
}

static void write_all(void)
{
    apic_fresh();
    WRITE("mov %%eax, (%%rbx)", 0xa5);
    WRITE("mov %%rax, (%%rbx)", 0xa5);
    WRITE("movl $0x77, (%%rbx)", 0x77);
    WRITE("movq $-1, (%%rbx)", 0xff);
    WRITE("sub $0x80, %%rbx; movl $0x66, (%%rbx,%%rdx,4)", 0x66);
    WRITE("mov %%rbx, %%r12; mov %%eax, (%%r12)", 0xa5);
    WRITE("movabs %%eax, " TPR, 0xa5);
    WRITE("movb $0x77, (%%rbx)", 0);
    WRITE("movw $0x77, (%%rbx)", 0);
}

const struct guest_case moves[] = {
    {"reads of all kinds", read_all},
    {"writes of all kinds; those of less than 32 bits do nothing", write_all},
    {0},
};
