/* SPDX-License-Identifier: MIT */
/* What ends a guest: it cannot go on, and only it. */
#include "rogue.h"
#include <guest.h>
#include <guest_lapic.h>
#include <stddef.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/xen.h>

#define PRESENT_RW 3UL
#define A_HOLE     0xfec00000UL
#define SHARED     0xe0100000UL

static uint64_t *root(void)
{
    uint64_t cr3;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    return (uint64_t *)cr3;
}

static void set_root(uint64_t cr3)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
}

/* Where nobody is moves and arithmetic read and write; others do not. */
static int increment_nowhere(void)
{
    __asm__ volatile("incl %0" : "+m"(*(volatile uint32_t *)NOBODYS_MEMORY));
    return 1;
}

static int test_bit_nowhere(void)
{
    __asm__ volatile("btl $1, %0" : : "m"(*(volatile uint32_t *)A_HOLE) : "cc");
    return 1;
}

/* Shared info can be run, but the hypervisor does not read instructions there: it cannot play this one. */
static int move_unreadably(void)
{
    static const uint8_t code[] = {0x8b, 0x00, 0xc3}; /* mov (%rax), %eax; ret */
    struct xen_add_to_physmap add = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED >> PAGE_SHIFT};
    uint64_t rax = NOBODYS_MEMORY, at = SHARED + 0xf00;

    if (xen_hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uintptr_t)&add, 0, 0, 0))
        return 0;
    memcpy((void *)at, code, sizeof(code));
    __asm__ volatile("call *%1" : "+a"(rax) : "r"(at) : "memory");
    return 1;
}

/* What may have been RAM is no device. */
static int write_given_up(void)
{
    static char pages[2 * PAGE_SIZE];
    uint64_t gfn = ((uintptr_t)pages + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct xen_memory_reservation r = {.domid = DOMID_SELF, .nr_extents = 1};

    set_xen_guest_handle(r.extent_start, &gfn);
    xen_hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uintptr_t)&r, 0, 0, 0);
    *(volatile char *)(gfn << PAGE_SHIFT) = 1;
    return 1;
}

static int increment_apic(void)
{
    __asm__ volatile("incl %0" : "+m"(*(volatile uint32_t *)(APIC_PAGE + A_TPR)));
    return 1;
}

static int run_apic(void)
{
    __asm__ volatile("jmp *%0" : : "r"(APIC_PAGE));
    return 1;
}

static int jump_nowhere(void)
{
    __asm__ volatile("jmp *%0" : : "r"(NOBODYS_MEMORY));
    return 1;
}

static int stack_nowhere(void)
{
    __asm__ volatile("mov %0, %%rsp; push %%rax" : : "r"(NOBODYS_MEMORY + 0x1000));
    return 1;
}

/* Without an IDT an exception becomes a triple fault. */
static int triple_fault(void)
{
    struct pointer none = {0, 0};

    __asm__ volatile("lidt %0; int3" ::"m"(none));
    return 1;
}

/* The CPU finds nothing while it delivers an exception, or loads a segment. */
static int idt_nowhere(void)
{
    struct pointer nowhere = {0xfff, NOBODYS_MEMORY};

    __asm__ volatile("lidt %0; ud2" ::"m"(nowhere));
    return 1;
}

static int gdt_nowhere(void)
{
    struct pointer nowhere = {0xfff, NOBODYS_MEMORY};

    __asm__ volatile("lgdt %0; mov %1, %%ds" ::"m"(nowhere), "r"(0x10));
    return 1;
}

static int undefined_instruction(void)
{
    __asm__ volatile("ud2");
    return 1;
}

static int root_nowhere(void)
{
    set_root(NOBODYS_MEMORY);
    return 1;
}

/* #GP on a CPU; in some emulators the next entry is refused. */
static int root_with_reserved_bits(void)
{
    set_root((uint64_t)root() | 1UL << 55);
    return 1;
}

static int tables_nowhere(void)
{
    root()[0] = APIC_PAGE | PRESENT_RW;
    set_root((uint64_t)root());
    return 1;
}

/* Each level is the root again; nothing is mapped any more, not even the way to an exception. */
static int tables_in_themselves(void)
{
    root()[0] = (uint64_t)root() | PRESENT_RW;
    set_root((uint64_t)root());
    return 1;
}

/* As root_with_reserved_bits: the upper half of DR7 must be 0. */
static int debug_register(void)
{
    __asm__ volatile("mov %0, %%dr7; cpuid" : : "r"(1UL << 40 | 0x400) : "rax", "rbx", "rcx", "rdx");
    return 1;
}

/* A code segment that is 64-bit and 32-bit at once: #GP, or the next entry is refused. */
static int mixed_code(void)
{
    static const uint64_t gdt[] = {0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00ef9b000000ffff};
    struct pointer p = {sizeof(gdt) - 1, (uintptr_t)gdt};

    __asm__ volatile("lgdt %0; pushq $0x18; pushq $1f; lretq; 1: cpuid"
                     :
                     : "m"(p)
                     : "rax", "rbx", "rcx", "rdx", "memory");
    return 1;
}

const struct deed crashes[] = {
    {"wild", increment_nowhere},
    {"wild-read", test_bit_nowhere},
    {"wild-unread", move_unreadably},
    {"given-up", write_given_up},
    {"wild-jump", jump_nowhere},
    {"apic-increment", increment_apic},
    {"apic-run", run_apic},
    {"wild-stack", stack_nowhere},
    {"triple", triple_fault},
    {"idt-nowhere", idt_nowhere},
    {"gdt-nowhere", gdt_nowhere},
    {"undefined", undefined_instruction},
    {"root-nowhere", root_nowhere},
    {"root-reserved", root_with_reserved_bits},
    {"tables-nowhere", tables_nowhere},
    {"tables-loop", tables_in_themselves},
    {"debug-register", debug_register},
    {"mixed-code", mixed_code},
    {NULL, NULL},
};
