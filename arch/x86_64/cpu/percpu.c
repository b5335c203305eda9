/* SPDX-License-Identifier: MIT */
/* The boot CPU's own data: stacks, GDT, TSS; and loading them. */
#include "percpu.h"
#include "insn.h"
#include "map.h"
#include "pagetable.h"
#include "registers.h"
#include "trap.h"

#define GDT_CODE64  0x00af9b000000ffffUL /* present, code, accessed, long mode */
#define GDT_DATA    0x00cf93000000ffffUL /* present, data, writable, accessed */
#define GDT_TSS_LOW 0x0000890000000000UL /* present, available 64-bit TSS */
#define NO_IO_MAP   sizeof(struct tss)

static struct cpu_stacks boot_stacks;
struct cpu boot_cpu = {.stacks = &boot_stacks, .timer_deadline = UINT64_MAX};
extern void *const boot_stacks_top;
void *const boot_stacks_top = boot_stacks.main + MAIN_STACK_SIZE; /* for entry.asm */

struct PACKED table_register {
    uint16_t limit;
    const void *base;
};

static void fill_tss(struct cpu *c)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(c->stacks->ist); i++)
        c->tss.ist[i] = (uint64_t)(c->stacks->ist[i].stack + IST_STACK_SIZE);
    c->tss.io_map = NO_IO_MAP;
}

static void fill_gdt(struct cpu *c)
{
    uint64_t base = (uint64_t)&c->tss;

    c->gdt[SEL_CODE / 8] = GDT_CODE64;
    c->gdt[SEL_DATA / 8] = GDT_DATA;
    c->gdt[SEL_TSS / 8] =
        GDT_TSS_LOW | (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    c->gdt[SEL_TSS / 8 + 1] = base >> 32;
}

/* CS changes by a far return; the others by loads, which would clear the GS base if they came after it. */
static void load_segments(const struct cpu *c)
{
    struct table_register gdtr = {sizeof(c->gdt) - 1, c->gdt};

    __asm__ volatile("lgdt %0\n"
                     "push %1\n"
                     "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1: mov %2, %%ds\n"
                     "mov %2, %%es\n"
                     "mov %2, %%ss\n"
                     "mov %3, %%fs\n"
                     "mov %3, %%gs\n"
                     "lldt %w3\n"
                     "ltr %w4\n"
                     :
                     : "m"(gdtr), "i"(SEL_CODE), "r"(SEL_DATA), "r"(0), "r"(SEL_TSS)
                     : "rax", "memory");
}

void percpu_load(struct cpu *c)
{
    struct table_register idtr = {IDT_SIZE - 1, trap_idt()};

    c->self = c;
    fill_tss(c);
    fill_gdt(c);
    load_segments(c);
    wrmsr(MSR_GS_BASE, (uint64_t)c);
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

void percpu_guard_stacks(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(boot_stacks.ist); i++)
        unmap_page(boot_stacks.ist[i].guard);
    unmap_page(boot_stacks.guard);
}

unsigned int smp_processor_id(void)
{
    return this_cpu()->id;
}
