/* SPDX-License-Identifier: MIT */
/* Descriptors for all vectors, handlers that count, and MSRs that may not exist. */
#include "apic.h"

#define CODE64 8
#define GATE   0x8e00U

struct gate {
    uint16_t offset_0, selector, type, offset_16;
    uint32_t offset_32, reserved;
};

volatile uint64_t taken[NR_VECTORS], taken_by[NR_VECTORS], nmis, total, order[16];
bool keep, by_msr;
static struct gate idt[NR_VECTORS] __attribute__((aligned(16)));
extern char vector_entry[], nmi_entry[], gp_entry[];
void vector_taken(uint64_t vector);

/* One entry for each vector, 16 bytes apart. A #GP goes on behind the instruction of two bytes, with ZF. */
__asm__(".text\n"
        ".balign 16\n"
        "vector_entry:\n"
        ".set vector, 0x20\n"
        ".rept 0xe0\n"
        ".balign 16\n"
        "push $vector\n"
        "jmp vector_common\n"
        ".set vector, vector + 1\n"
        ".endr\n"
        "vector_common:\n"
        "push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11\n"
        "mov 72(%rsp), %rdi\n"
        "cld\n"
        "call vector_taken\n"
        "pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax\n"
        "add $8, %rsp\n"
        "iretq\n"
        "nmi_entry: lock incq nmis\n"
        "iretq\n"
        "gp_entry: add $8, %rsp\n"
        "addq $2, (%rsp)\n"
        "orq $0x40, 16(%rsp)\n"
        "iretq\n");

void vector_taken(uint64_t vector)
{
    uint64_t n = __atomic_fetch_add(&total, 1, __ATOMIC_RELAXED);
    uint64_t id = by_msr ? 0 : apic_read(A_ID) >> 24;

    if (n < sizeof(order) / sizeof(order[0]))
        order[n] = vector;
    __atomic_fetch_or(&taken_by[vector], 1UL << id, __ATOMIC_RELAXED);
    __atomic_fetch_add(&taken[vector], 1, __ATOMIC_RELEASE);
    if (keep || vector == 0xff) /* the spurious one has none */
        return;
    if (by_msr)
        write_msr(X2APIC_MSR(A_EOI), 0);
    else
        apic_write(A_EOI, 0);
}

static void set_gate(unsigned int vector, const char *entry)
{
    uint64_t to = (uintptr_t)entry;

    idt[vector] = (struct gate){(uint16_t)to, CODE64, GATE, (uint16_t)(to >> 16), (uint32_t)(to >> 32), 0};
}

/* Of the library's, the exceptions stay: only NMI and #GP are ours. */
void cpu_init(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } p;

    __asm__ volatile("sidt %0" : "=m"(p));
    if (p.base != (uintptr_t)idt)
        for (unsigned int i = 0; i < VECTOR_FIRST; i++)
            idt[i] = ((const struct gate *)p.base)[i];
    set_gate(2, nmi_entry);
    set_gate(13, gp_entry);
    for (unsigned int i = VECTOR_FIRST; i < NR_VECTORS; i++)
        set_gate(i, vector_entry + (i - VECTOR_FIRST) * 16UL);
    p.limit = sizeof(idt) - 1;
    p.base = (uintptr_t)idt;
    __asm__ volatile("lidt %0" : : "m"(p));
}

bool read_msr(uint32_t msr, uint64_t *value)
{
    uint32_t lo = 0, hi = 0;
    bool fault;

    __asm__ volatile("or $1, %%esi; rdmsr" : "+a"(lo), "+d"(hi), "=@ccz"(fault) : "c"(msr) : "rsi");
    *value = (uint64_t)hi << 32 | lo;
    return !fault;
}

bool write_msr(uint32_t msr, uint64_t value)
{
    bool fault;

    __asm__ volatile("or $1, %%esi; wrmsr"
                     : "=@ccz"(fault)
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "rsi", "memory");
    return !fault;
}

void apic_send(uint8_t dest, uint32_t command)
{
    apic_write(A_ICR_HIGH, (uint32_t)dest << 24);
    apic_write(A_ICR, command);
}

/* Off and on again: all is forgotten. */
void apic_fresh(void)
{
    uint64_t base;

    read_msr(MSR_APIC_BASE, &base);
    write_msr(MSR_APIC_BASE, base & ~(BASE_ENABLE | BASE_X2APIC));
    write_msr(MSR_APIC_BASE, (base & ~BASE_X2APIC) | BASE_ENABLE);
    apic_write(A_SVR, ENABLED);
    total = 0;
    keep = by_msr = false;
    for (unsigned int i = 0; i < NR_VECTORS; i++)
        taken[i] = taken_by[i] = 0;
}
