/* SPDX-License-Identifier: MIT */
/* Ports: nothing answers, nothing is reached, and the string instructions behave as on a CPU. */
#include "corners.h"
#include "cpu.h"

#define FREE_PORT  0x70
#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER    4

static uint32_t in(uint16_t port, unsigned int size)
{
    uint64_t value = 0x1122334455667788;

    if (size == 1)
        __asm__ volatile("inb %1, %b0" : "+a"(value) : "d"(port));
    else if (size == 2)
        __asm__ volatile("inw %1, %w0" : "+a"(value) : "d"(port));
    else
        __asm__ volatile("inl %1, %k0" : "+a"(value) : "d"(port));
    expect_equal("what IN leaves above its result", value >> 32, size == 4 ? 0 : 0x11223344);
    if (size < 4)
        expect_equal("below", (uint32_t)value >> (8 * size), 0x55667788U >> (8 * size));
    return size == 4 ? (uint32_t)value : (uint32_t)value & ((1U << (8 * size)) - 1);
}

/* The serial ports, keyboard, exit device, reset, PIC, PM timer, PCI: none answers, none is reached. */
static void check_nothing_answers(void)
{
    static const uint16_t numbers[] = {0x3f8, 0x3fd, 0x2f8, 0x60,  0x64,  0xf4,  0xf5,  0x20,
                                       0xa1,  0x92,  0x604, 0x608, 0xcf8, 0xcfc, 0xcf9, 0xffff};

    for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        __asm__ volatile("outb %b0, %1; outw %w0, %1; outl %k0, %1" ::"a"(0x10), "d"(numbers[i]));
        expect_equal("byte", in(numbers[i], 1), 0xff);
        expect_equal("word", in(numbers[i], 2), 0xffff);
        expect_equal("doubleword", in(numbers[i], 4), 0xffffffff);
    }
}

/* PIT and RTC, which guests poll: 0 in the byte, whatever was written, and as all others beside it. */
static void check_exceptions(void)
{
    static const uint16_t numbers[] = {0x42, 0x71};
    uint8_t byte = 0xee, *p = &byte;

    for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        __asm__ volatile("outb %b0, %1" ::"a"(0x10), "d"(numbers[i]));
        expect_equal("byte", in(numbers[i], 1), 0);
        expect_equal("byte before it", in((uint16_t)(numbers[i] - 1), 1), 0xff);
        expect_equal("byte behind it", in((uint16_t)(numbers[i] + 1), 1), 0xff);
        expect_equal("word", in(numbers[i], 2), 0xffff);
        expect_equal("doubleword", in(numbers[i], 4), 0xffffffff);
    }
    __asm__ volatile("insb" : "+D"(p) : "d"(numbers[1]) : "memory");
    expect_equal("byte of INS", byte, 0);
}

static void check_repeated(void)
{
    char buf[32] = "";
    void *p = buf;
    uint64_t n = 10;

    __asm__ volatile("rep insb" : "+D"(p), "+c"(n) : "d"(FREE_PORT) : "memory");
    expect_equal("bytes read", (char *)p - buf, 10);
    expect_equal("count", n, 0);
    expect_equal("last byte", (uint8_t)buf[9], 0xff);
    expect_equal("byte behind", (uint8_t)buf[10], 0);
    n = 3;
    __asm__ volatile("rep outsl" : "+S"(p), "+c"(n) : "d"(FREE_PORT) : "memory");
    expect_equal("bytes written", (char *)p - buf, 22);
    n = 0;
    __asm__ volatile("rep insb" : "+D"(p), "+c"(n) : "d"(FREE_PORT) : "memory");
    expect_equal("after no byte", (char *)p - buf, 22);
    n = 4;
    __asm__ volatile("std; rep insb; cld" : "+D"(p), "+c"(n) : "d"(FREE_PORT) : "memory");
    expect_equal("downwards", (char *)p - buf, 18);
}

/* The address-size prefix: edi, ecx and their upper halves. */
static void check_short_addresses(void)
{
    static char buf[4];
    uint64_t di = (uintptr_t)buf | 5UL << 32, n = 2 | 7UL << 32;

    __asm__ volatile(".byte 0x67; rep insb" : "+D"(di), "+c"(n) : "d"(FREE_PORT) : "memory");
    expect_equal("edi", di, (uintptr_t)buf + 2);
    expect_equal("ecx", n, 0);
    expect_equal("byte", (uint8_t)buf[1], 0xff);
}

static char *target;

static void insb(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: insb" : : "D"(target), "d"(FREE_PORT) : "memory");
}

static void insl(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: insl" : : "D"(target), "d"(FREE_PORT) : "memory");
}

static void outsb(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: outsb" : : "S"(target), "d"(FREE_PORT) : "memory");
}

static void outsl(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: outsl" : : "S"(target), "d"(FREE_PORT) : "memory");
}

static void outsb_fs(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: .byte 0x64; outsb" : : "S"(target), "d"(FREE_PORT) : "memory");
}

static void check_fault(void (*code)(void), void *where, uint64_t error, const void *cr2)
{
    target = where;
    expect_equal("exception", trap_catch(code), T_PF);
    expect_equal("error code", trap.error, error);
    expect_equal("CR2", trap.cr2, (uintptr_t)cr2);
    expect_equal("rip", trap.rip, trap_mark);
}

static void check_faults(void)
{
    static char pages[2 * PAGE_SIZE] __attribute__((aligned(4096)));
    volatile uint64_t *entry = page_entry(pages + PAGE_SIZE);
    uint64_t old = *entry;

    check_fault(insb, (void *)0x123456789000, PF_WRITE, (void *)0x123456789000);
    target = (char *)0x800000000000;
    expect_equal("not canonical", trap_catch(insb), T_GP);
    *entry = old & ~2UL;
    write_cr3(read_cr3());
    check_fault(insb, pages + PAGE_SIZE, PF_WRITE | PF_PRESENT, pages + PAGE_SIZE);
    check_fault(insl, pages + PAGE_SIZE - 1, PF_WRITE | PF_PRESENT, pages + PAGE_SIZE);
    expect_equal("byte before the page that faults", (uint8_t)pages[PAGE_SIZE - 1], 0);
    *entry = 0;
    write_cr3(read_cr3());
    check_fault(insl, pages + PAGE_SIZE - 1, PF_WRITE, pages + PAGE_SIZE);
    *entry = old;
    write_cr3(read_cr3());
}

static void check_source_faults(void)
{
    static char pages[2 * PAGE_SIZE] __attribute__((aligned(4096)));
    volatile uint64_t *entry = page_entry(pages + PAGE_SIZE);
    uint64_t old = *entry, fs = rdmsr(MSR_FS_BASE);

    check_fault(outsb, (void *)0x123456789000, 0, (void *)0x123456789000);
    target = (char *)0x800000000000;
    expect_equal("not canonical", (uint64_t)trap_catch(outsb), T_GP);
    wrmsr(MSR_FS_BASE, 0x123456789000);
    check_fault(outsb_fs, (void *)0x20, 0, (void *)0x123456789020);
    wrmsr(MSR_FS_BASE, fs);
    *entry = 0;
    write_cr3(read_cr3());
    check_fault(outsl, pages + PAGE_SIZE - 1, 0, pages + PAGE_SIZE);
    *entry = old & ~2UL; /* to be read */
    write_cr3(read_cr3());
    target = pages + PAGE_SIZE - 1;
    expect_equal("from where it may not write", (uint64_t)trap_catch(outsl), (uint64_t)NO_TRAP);
    *entry = old & ~4UL; /* for the supervisor */
    write_cr3(read_cr3());
    user_rflags |= RFLAGS_IOPL;
    expect_equal("as user", (uint64_t)trap_catch_user(outsl), T_PF);
    user_rflags &= ~RFLAGS_IOPL;
    expect_equal("error code", trap.error, PF_PRESENT | PF_USER);
    expect_equal("CR2", trap.cr2, (uintptr_t)(pages + PAGE_SIZE));
    *entry = old;
    write_cr3(read_cr3());
}

const struct corner ports[] = {
    {"nothing answers", .run = check_nothing_answers},
    {"PIT and RTC read as 0", .run = check_exceptions},
    {"REP INS and REP OUTS", .run = check_repeated},
    {"REP INS with 32-bit addresses", .run = check_short_addresses},
    {"INS to where it may not write", .run = check_faults},
    {"OUTS from where it may not read", .run = check_source_faults},
    {0},
};
