/* SPDX-License-Identifier: MIT */
/* Addresses where nobody is: as with ports, all bits that are read are 1, and writes do nothing. */
#include "corners.h"
#include "cpu.h"

/* The end of the usual RAM below 4 GiB, where an I/O APIC would be, an HPET, a TPM. */
static char *const addresses[] = {(char *)0xe0000000, (char *)0xfec00000, (char *)0xfed00000,
                                  (char *)0xfed40000};

#define FOR_EACH(a)                                                                                          \
    for (char *const *each = addresses, *a;                                                                  \
         each < addresses + sizeof(addresses) / sizeof(addresses[0]) && (a = *each, true); each++)

#define READ(insn, value, from)                                                                              \
    __asm__ volatile(insn : "+a"(value) : "m"(*(volatile char(*)[8])(from)) : "memory")

static void check_reads(void)
{
    FOR_EACH(a)
    {
        uint64_t byte = 0, word = 0, half = ~0UL << 32, full = 0, zero = 0, sign = 0;

        READ("movb %1, %%al", byte, a + 1);
        READ("movw %1, %%ax", word, a + 2);
        READ("movl %1, %%eax", half, a + 4);
        READ("movq %1, %%rax", full, a + 8);
        READ("movzbl %1, %%eax", zero, a);
        READ("movswq %1, %%rax", sign, a);
        expect_equal("byte", byte, 0xff);
        expect_equal("word", word, 0xffff);
        expect_equal("doubleword", half, 0xffffffff);
        expect_equal("quadword", full, ~0UL);
        expect_equal("MOVZX", zero, 0xff);
        expect_equal("MOVSX", sign, ~0UL);
    }
}

static void check_writes(void)
{
    FOR_EACH(a)
    {
        volatile uint64_t *p = (volatile uint64_t *)a;
        uint64_t value = 0x1122334455667788;

        *p = value;
        *(volatile uint8_t *)a = 0;
        __asm__ volatile("movl $0, %0" : "=m"(*p));
        expect_equal("after writes", *p, ~0UL);
        __asm__ volatile("xchgl %k0, %1" : "+r"(value), "+m"(*p));
        expect_equal("XCHG", value, 0xffffffff);
        expect_equal("after XCHG", *p, ~0UL);
    }
}

#define FLAGS(insn, flags, operands...)                                                                      \
    __asm__ volatile(insn "; pushfq; popq %0" : "=r"(flags) : operands : "memory", "cc")
#define CF 1UL
#define ZF (1UL << 6)
#define SF (1UL << 7)

/* The results of reads, and all flags of comparisons; a write, locked or not, changes nothing. */
static void check_arithmetic(void)
{
    FOR_EACH(a)
    {
        volatile uint32_t *p = (volatile uint32_t *)a;
        uint64_t tested, compared, less, value = 0x11223344;

        FLAGS("testl $0x10, %1", tested, "m"(*p));
        FLAGS("cmpl $-1, %1", compared, "m"(*p));
        FLAGS("cmpb %b2, %1", less, "m"(*p), "r"(1));
        expect_equal("TEST: zero, sign", tested & (CF | ZF | SF), 0);
        expect_equal("CMP with ones", compared & (CF | ZF | SF), ZF);
        expect_equal("CMP with less", less & (CF | ZF | SF), SF);
        __asm__ volatile("andl %1, %k0" : "+r"(value) : "m"(*p) : "cc");
        expect_equal("AND", value, 0x11223344);
        __asm__ volatile("xorl %1, %k0" : "+r"(value) : "m"(*p) : "cc");
        expect_equal("XOR", value, ~0x11223344U);
        __asm__ volatile("addq %1, %0" : "+r"(value) : "m"(*p) : "cc");
        expect_equal("ADD", value, ~0x11223344U - 1);
        __asm__ volatile("andl $0, %0; lock orl %1, %0; subw $1, %0" : "+m"(*p) : "r"(2) : "cc");
        expect_equal("after writes", *p, ~0U);
    }
}

const struct corner nobodys[] = {
    {"all bits are 1", .run = check_reads},
    {"writes do nothing", .run = check_writes},
    {"arithmetic", .run = check_arithmetic},
    {0},
};
