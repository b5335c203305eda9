/* SPDX-License-Identifier: MIT */
/* Exceptions of a guest program: print the registers and end as a crash. */
#include "guest_internal.h"
#include "guest_smp.h"
#include <stdio.h>
#include <xen/sched.h>

#define NR_EXCEPTIONS  32
#define ENTRY_DISTANCE 16 /* start.asm */
#define CODE64         8
#define INTERRUPT_GATE 0x8e00

struct exception_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct idt_entry {
    uint16_t offset_0, selector, type, offset_16;
    uint32_t offset_32, reserved;
};

extern char exception_entry[];
void guest_exception(const struct exception_frame *f) __attribute__((noreturn));

static struct idt_entry idt[NR_EXCEPTIONS + 1]; /* and an interrupt */

void interrupt_gate(unsigned int vector, const char *entry)
{
    uint64_t to = (uintptr_t)entry;

    idt[vector] = (struct idt_entry){(uint16_t)to,         CODE64, INTERRUPT_GATE, (uint16_t)(to >> 16),
                                     (uint32_t)(to >> 32), 0};
}

void exception_load(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};

    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void exception_init(void)
{
    for (unsigned int i = 0; i < NR_EXCEPTIONS; i++)
        interrupt_gate(i, exception_entry + i * ENTRY_DISTANCE);
    exception_load();
}

void guest_exception(const struct exception_frame *f)
{
    uint64_t cr2;

    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    console_seize();
    printf("exception %lu, error %#lx, at rip %016lx, cr2 %016lx, vCPU %u\n", f->vector, f->error, f->rip,
           cr2, smp_id());
    printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    printf("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
    printf("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
    printf("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
    printf("cs %lx ss %lx rflags %lx\n", f->cs, f->ss, f->rflags);
    guest_shutdown(SHUTDOWN_crash);
}
