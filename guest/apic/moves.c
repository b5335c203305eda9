/* SPDX-License-Identifier: MIT */
/* The instructions that reach the registers. TPR is read and written by each: of 8 bits it keeps all. */
#include "apic.h"

#define TPR  "0xfee00080"
#define BASE (APIC_PAGE + A_TPR)

/* RAX is 0x1122334455667788 before; TEXT reads the register, which is 0x96, by RBX. */
#define READ(name, text, result)                                                                             \
    static void name(void)                                                                                   \
    {                                                                                                        \
        uint64_t rax = 0x1122334455667788, rbx = BASE;                                                       \
                                                                                                             \
        apic_write(A_TPR, 0x96);                                                                             \
        __asm__ volatile(text : "+a"(rax), "+b"(rbx) : "d"(0x20UL) : "r9", "memory");                        \
        expect_equal("rax", rax, result);                                                                    \
    }
READ(read_32, "mov (%%rbx), %%eax", 0x96)
READ(read_8, "mov (%%rbx), %%al", 0x1122334455667796)
READ(read_ah, "mov (%%rbx), %%ah", 0x1122334455669688)
READ(read_16, "mov (%%rbx), %%ax", 0x1122334455660096)
READ(read_64, "mov (%%rbx), %%rax", 0x96)
READ(read_zx, "movzbl (%%rbx), %%eax", 0x96)
READ(read_sx, "movsbq (%%rbx), %%rax", 0xffffffffffffff96)
READ(read_zw, "movzwl (%%rbx), %%eax", 0x96)
READ(read_r9, "mov (%%rbx), %%r9d; mov %%r9, %%rax", 0x96)
READ(read_disp8, "mov -0x10(%%rbx), %%eax; mov 0x10(%%rbx), %%eax; mov -0x0(%%rbx), %%eax", 0x96)
READ(read_sib, "sub $0x80, %%rbx; mov (%%rbx,%%rdx,4), %%eax", 0x96)
READ(read_sib8, "sub $0x90, %%rbx; mov 0x10(%%rbx,%%rdx,4), %%eax", 0x96)
READ(read_moffs, "movabs " TPR ", %%eax", 0x96)
READ(read_a32, "mov (%%ebx), %%eax", 0x96)
READ(exchange, "mov $0x33, %%eax; xchg %%eax, (%%rbx)", 0x96)

/* RAX is what is written, of 0xa5. */
#define WRITE(name, text, result)                                                                            \
    static void name(void)                                                                                   \
    {                                                                                                        \
        uint64_t rax = 0xa5, rbx = BASE;                                                                     \
                                                                                                             \
        apic_write(A_TPR, 0);                                                                                \
        __asm__ volatile(text : "+a"(rax), "+b"(rbx) : "d"(0x20UL) : "r12", "memory");                       \
        expect_equal("TPR", apic_read(A_TPR), result);                                                       \
        apic_write(A_TPR, 0);                                                                                \
    }
WRITE(write_32, "mov %%eax, (%%rbx)", 0xa5)
WRITE(write_64, "mov %%rax, (%%rbx)", 0xa5)
WRITE(write_imm, "movl $0x77, (%%rbx)", 0x77)
WRITE(write_imm64, "movq $-1, (%%rbx)", 0xff)
WRITE(write_imm_sib, "sub $0x80, %%rbx; movl $0x66, (%%rbx,%%rdx,4)", 0x66)
WRITE(write_r12, "mov %%rbx, %%r12; mov %%eax, (%%r12)", 0xa5)
WRITE(write_moffs, "movabs %%eax, " TPR, 0xa5)
WRITE(write_8, "movb $0x77, (%%rbx)", 0)
WRITE(write_16, "movw $0x77, (%%rbx)", 0)

static void read_all(void)
{
    static void (*const all[])(void) = {read_32,  read_8,    read_ah,    read_16,  read_64,
                                        read_zx,  read_sx,   read_zw,    read_r9,  read_disp8,
                                        read_sib, read_sib8, read_moffs, read_a32, exchange};

    apic_fresh();
    for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        all[i]();
}

static void write_all(void)
{
    static void (*const all[])(void) = {write_32,  write_64,    write_imm, write_imm64, write_imm_sib,
                                        write_r12, write_moffs, write_8,   write_16};

    apic_fresh();
    for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        all[i]();
}

const struct apic_case moves[] = {
    {"reads of all kinds", read_all},
    {"writes of all kinds; those of less than 32 bits do nothing", write_all},
    {0},
};
