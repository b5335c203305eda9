/* SPDX-License-Identifier: MIT */
/* Descriptor tables for a guest that takes every exception and runs code at CPL 3. */
#include "corners.h"
#include "cpu.h"
#include <stddef.h>

#define NR_VECTORS     256
#define NR_EXCEPTIONS  32
#define ENTRY_DISTANCE 16 /* trap.asm */
#define GATE           0x8e00U
#define GATE_USER      0xee00U
#define GATE_PRESENT   0x8000U
#define GATE_STACK_1   1U
#define STACK_SIZE     8192
#define PTE_USER       4UL
#define PTE_LARGE      0x80UL
#define PTE_ADDRESS    0x000ffffffffff000UL

struct gate {
    uint16_t offset_0, selector, type, offset_16;
    uint32_t offset_32, reserved;
};

struct __attribute__((packed)) tss {
    uint32_t reserved;
    uint64_t rsp[3];
    uint8_t rest[74];
    uint16_t io_map; /* behind the end: no port is allowed at CPL 3 */
};

struct __attribute__((packed)) pointer {
    uint16_t limit;
    uint64_t base;
};

extern char trap_entry[], trap_entry_user_done[];
bool trap_catch_code(void (*code)(void));
bool trap_catch_user_code(void (*code)(void));

static struct gate idt[NR_VECTORS];
static struct tss tss;
static char kernel_stack[STACK_SIZE] __attribute__((aligned(16)));
static char user_stack[STACK_SIZE] __attribute__((aligned(16), used));
__asm__(".globl user_stack_top\n user_stack_top = user_stack + 8192");

uint64_t trap_mark;

static uint64_t gdt[] = {
    0,
    0x00af9b000000ffff, /* 0x08: 64-bit code */
    0x00cf93000000ffff, /* 0x10: data */
    0x00cf13000000ffff, /* 0x18: data, not present */
    0x00cff3000000ffff, /* 0x20: data for CPL 3 */
    0x00affb000000ffff, /* 0x28: 64-bit code for CPL 3 */
    0,                  /* 0x30: the TSS, filled in */
    0,
    0x00ef9b000000ffff, /* 0x40: code that claims to be 64-bit and 32-bit */
    0x00cf9b000000ffff, /* 0x48: 32-bit code */
};

static void set_gate(unsigned int vector, const char *entry, uint16_t type)
{
    uint64_t address = (uintptr_t)entry;

    idt[vector] = (struct gate){(uint16_t)address,         SEL_CODE, type, (uint16_t)(address >> 16),
                                (uint32_t)(address >> 32), 0};
}

static void load_tss(uint64_t size)
{
    uint64_t base = (uintptr_t)&tss;

    gdt[6] = (size - 1) | (base & 0xffffff) << 16 | 0x89UL << 40 | (base >> 24 & 0xff) << 56;
    gdt[7] = base >> 32;
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS) : "memory");
}

static void load_tables(void)
{
    struct pointer g = {sizeof(gdt) - 1, (uintptr_t)gdt}, i = {sizeof(idt) - 1, (uintptr_t)idt};

    tss.io_map = sizeof(tss);
    tss.rsp[0] = (uintptr_t)kernel_stack + STACK_SIZE;
    __asm__ volatile("lgdt %0; lidt %1" : : "m"(g), "m"(i));
    load_tss(sizeof(tss));
}

/* The tables that guest/lib built map guest-physical memory one to one; its first 2 MiB hold the image. */
static void allow_user(void)
{
    uint64_t *table = (uint64_t *)(read_cr3() & PTE_ADDRESS);

    for (unsigned int level = 4; level; level--) {
        uint64_t *next = (uint64_t *)(table[0] & PTE_ADDRESS);

        for (unsigned int i = 0; i < 512; i++)
            if (table[i])
                table[i] |= PTE_USER;
        if (level > 1 && (table[0] & PTE_LARGE))
            return;
        table = next;
    }
    write_cr3(read_cr3());
}

volatile uint64_t *page_entry(const void *p)
{
    uint64_t *table = (uint64_t *)(read_cr3() & PTE_ADDRESS);

    for (unsigned int level = 4; level > 1; level--)
        table = (uint64_t *)(table[(uintptr_t)p >> (3 + 9 * level) & 511] & PTE_ADDRESS);
    return &table[(uintptr_t)p >> PAGE_SHIFT & 511];
}

void trap_limit_user(const void *p)
{
    volatile uint64_t *first = page_entry(NULL);

    for (unsigned int i = 0; i < 512; i++)
        first[i] = !first[i]                               ? 0
                   : !p || i == (uintptr_t)p >> PAGE_SHIFT ? first[i] | PTE_USER
                                                           : first[i] & ~PTE_USER;
    write_cr3(read_cr3());
}

void trap_init(void)
{
    for (unsigned int i = 0; i < NR_EXCEPTIONS; i++)
        set_gate(i, trap_entry + i * ENTRY_DISTANCE, GATE);
    set_gate(T_USER_DONE, trap_entry_user_done, GATE_USER);
    load_tables();
    allow_user();
}

void trap_set_handler(unsigned int vector, void (*entry)(void))
{
    set_gate(vector, (const char *)(uintptr_t)entry, GATE);
}

void trap_set_present(unsigned int vector, bool present)
{
    idt[vector].type = present ? GATE : GATE & ~GATE_PRESENT;
}

int trap_catch(void (*code)(void))
{
    return trap_catch_code(code) ? (int)trap.vector : NO_TRAP;
}

/* Without the first of the stacks that gates name by number. */
int trap_catch_short_tss(void (*code)(void), unsigned int vector)
{
    const struct gate old = idt[vector];
    int caught;

    set_gate(vector, trap_entry_user_done, GATE | GATE_STACK_1);
    load_tss(offsetof(struct tss, rest));
    caught = trap_catch(code);
    load_tss(sizeof(tss));
    idt[vector] = old;
    return caught;
}

int trap_catch_user(void (*code)(void))
{
    trap_catch_user_code(code);
    return (int)trap.vector;
}
