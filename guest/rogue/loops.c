/* SPDX-License-Identifier: MIT */
/* What never ends: a guest may waste its own time, nobody else's. */
#include "rogue.h"
#include <guest.h>
#include <xen/xen.h>

#define VECTOR_DB      1
#define VECTOR_UD      6
#define VECTOR_GP      13
#define INTERRUPT_GATE 0x8e00
#define CODE64         8

struct gate {
    uint16_t offset_0, selector, type, offset_16;
    uint32_t offset_32, reserved;
};

static struct gate idt[32];

/* Handlers that go back to where the exception was. */
void back(void);
void back_with_error(void);
__asm__("back_with_error: add $8, %rsp\n back: iretq");

static void handle(unsigned int vector, void (*handler)(void))
{
    struct pointer p = {sizeof(idt) - 1, (uintptr_t)idt};
    uint64_t entry = (uintptr_t)handler;

    idt[vector] = (struct gate){(uint16_t)entry,         CODE64, INTERRUPT_GATE, (uint16_t)(entry >> 16),
                                (uint32_t)(entry >> 32), 0};
    __asm__ volatile("lidt %0" : : "m"(p));
}

static int spin(void)
{
    volatile int forever = 1;

    while (forever)
        ;
    return 1;
}

static int spin_without_interrupts(void)
{
    __asm__ volatile("cli");
    return spin();
}

/* Nor with the highest task priority. */
static int spin_at_priority(void)
{
    __asm__ volatile("cli; mov %0, %%cr8" : : "r"(15UL));
    return spin();
}

/* A repeated instruction that would run for years. */
static int repeat(void)
{
    for (;;)
        __asm__ volatile("cli; rep insb; rep outsb" : : "c"(~0UL), "D"(0x600000), "S"(0x600000), "d"(0x70));
    return 1;
}

static int halt(void)
{
    for (;;)
        __asm__ volatile("sti; hlt");
    return 1;
}

static int storm_cpuid(void)
{
    for (;;)
        __asm__ volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
    return 1;
}

/* Each of them is refused, or does nothing; vcpu_op could take this vCPU down by right. */
static int storm_hypercalls(void)
{
    for (uint64_t i = 0;; i++)
        if ((i & 63) != __HYPERVISOR_vcpu_op)
            xen_hypercall((unsigned int)i & 63, i >> 6 & 31, 0xffff800000000000, ~0UL, 0xfee00000, i);
    return 1;
}

static int storm_console(void)
{
    for (;;)
        console_write("\n\n\n\n\n\n\n\n", 8);
    return 1;
}

/* Exceptions whose handler goes back to the instruction: by the CPU alone, and by way of the hypervisor. */
static int storm_ud(void)
{
    handle(VECTOR_UD, back);
    __asm__ volatile("cli; ud2");
    return 1;
}

static int storm_gp(void)
{
    handle(VECTOR_GP, back_with_error);
    __asm__ volatile("cli; wrmsr" : : "c"(0x1b), "a"(0), "d"(0));
    return 1;
}

/* A trap after every instruction, and each is intercepted. (A breakpoint on the handler's own stack would be
 * the hostile form, CVE-2015-8104, but QEMU 7.2 does not survive it.) */
static int storm_db(void)
{
    handle(VECTOR_DB, back);
    __asm__ volatile("cli; pushfq; orl $0x100, (%rsp); popfq; 1: jmp 1b");
    return 1;
}

const struct deed loops[] = {
    {"spin", spin},
    {"spin-cli", spin_without_interrupts},
    {"spin-priority", spin_at_priority},
    {"repeat", repeat},
    {"halt", halt},
    {"storm-cpuid", storm_cpuid},
    {"storm-hypercalls", storm_hypercalls},
    {"storm-console", storm_console},
    {"storm-ud", storm_ud},
    {"storm-gp", storm_gp},
    {"storm-db", storm_db},
    {NULL, NULL},
};
