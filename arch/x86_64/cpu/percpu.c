/* SPDX-License-Identifier: MIT */
/* Each CPU's own data: stacks, GDT, TSS; and loading them. */
#include "percpu.h"
#include "arch.h"
#include "heap.h"
#include "insn.h"
#include "layout.h"
#include "log.h"
#include "map.h"
#include "pagetable.h"
#include "registers.h"
#include "trap.h"

#define GDT_CODE64  0x00af9b000000ffffUL /* present, code, accessed, long mode */
#define GDT_DATA    0x00cf93000000ffffUL /* present, data, writable, accessed */
#define GDT_TSS_LOW 0x0000890000000000UL /* present, available 64-bit TSS */
#define NO_IO_MAP   sizeof(struct tss)

static struct cpu_stacks boot_stacks;
struct cpu boot_cpu = {.node = NUMA_NO_NODE, .stacks = &boot_stacks, .timer_deadline = TIMER_NEVER};
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

/* Pages for one CPU, and where they lie. */
struct pages {
    nodeid_t node;
    uint64_t low, high;
};

static void *new_page(struct pages *p)
{
    void *page = alloc_xenheap_pages(0, p->node);

    if (page) {
        p->low = MIN(p->low, virt_to_mfn(page).v);
        p->high = MAX(p->high, virt_to_mfn(page).v);
    }
    return page;
}

static bool back_stack(const uint8_t *stack, uint64_t size, struct pages *p)
{
    for (uint64_t i = 0; i < size; i += PAGE_SIZE) {
        const void *page = new_page(p);

        if (!page || map_range((uint64_t)stack + i, virt_to_paddr(page), PAGE_SIZE, MAP_DATA))
            return false;
    }
    return true;
}

/* Addresses are not used again: a CPU that was given up may still stand on its stack. */
static struct cpu_stacks *create_stacks(struct pages *p)
{
    static struct cpu_stacks *next = (struct cpu_stacks *)STACKS_BASE;
    struct cpu_stacks *s = next++;

    for (unsigned int i = 0; i < ARRAY_SIZE(s->ist); i++)
        if (!back_stack(s->ist[i].stack, IST_STACK_SIZE, p))
            return NULL;
    return back_stack(s->main, MAIN_STACK_SIZE, p) ? s : NULL;
}

struct cpu *percpu_create(unsigned int id, uint32_t apic_id, nodeid_t node, void **ticket)
{
    struct pages p = {.node = node, .low = UINT64_MAX};
    struct cpu *c = new_page(&p), **top;
    struct cpu_stacks *stacks = c ? create_stacks(&p) : NULL;

    _Static_assert(sizeof(*c) <= PAGE_SIZE, "a CPU's data fit into a page");
    if (!stacks)
        return NULL;
    *c = (struct cpu){
        .id = id, .apic_id = apic_id, .node = node, .stacks = stacks, .timer_deadline = TIMER_NEVER};
    top = (struct cpu **)(stacks->main + MAIN_STACK_SIZE) - 1;
    *top = c;
    *ticket = top;
    log_debug("CPU %u: APIC id %u, node %u, its pages %#lx to %#lx\n", id, apic_id, node, p.low, p.high);
    return c;
}

unsigned int smp_processor_id(void)
{
    return this_cpu()->id;
}
