/* SPDX-License-Identifier: MIT */
/* Exceptions of a 32-bit guest program: print the registers and end as a crash. */
#include "../lib/guest_internal.h"
#include <stdio.h>
#include <xen/sched.h>

#define NR_EXCEPTIONS  32
#define ENTRY_DISTANCE 16 /* start.asm */
#define CODE32         8
#define INTERRUPT_GATE 0x8e00

struct exception_frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
};

struct idt_entry {
    uint16_t offset_0, selector, type, offset_16;
};

extern char exception_entry[];
void guest_exception(const struct exception_frame *f) __attribute__((noreturn));

static struct idt_entry idt[NR_EXCEPTIONS];

void exception_init(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};

    for (unsigned int i = 0; i < NR_EXCEPTIONS; i++) {
        uint32_t entry = (uintptr_t)exception_entry + i * ENTRY_DISTANCE;

        idt[i] = (struct idt_entry){(uint16_t)entry, CODE32, INTERRUPT_GATE, (uint16_t)(entry >> 16)};
    }
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void guest_exception(const struct exception_frame *f)
{
    uint32_t cr2;

    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    printf("exception %u, error %#x, at eip %08x, cr2 %08x\n", f->vector, f->error, f->eip, cr2);
    printf("eax %08x ebx %08x ecx %08x edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
    printf("esi %08x edi %08x ebp %08x esp %08x\n", f->esi, f->edi, f->ebp, f->esp);
    printf("cs %x eflags %x\n", f->cs, f->eflags);
    guest_shutdown(SHUTDOWN_crash);
}
