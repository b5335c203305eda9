/* SPDX-License-Identifier: MIT */
/* Exits that are over at once, in a guest that has events, and a local APIC whose timer runs. */
#include "bench.h"
#include <guest_event.h>
#include <guest_lapic.h>
#include <xen/version.h>

#define PORT_NOBODY 0x2e0 /* nothing answers there */
#define MSR_EFER    0xc0000080U
#define VECTOR      0x40U /* never taken: interrupts are off */

static uint32_t number, subleaf; /* of the leaf or MSR that is measured */
static uint64_t value;

static void cpuid_exit(void)
{
    uint32_t eax = number, ebx, ecx = subleaf, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
}

static void read_msr(void)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    value = (uint64_t)high << 32 | low;
}

static void write_msr(void)
{
    __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static void set_msr(uint32_t msr, uint64_t to)
{
    number = msr;
    value = to;
    write_msr();
}

static void null_hypercall(void)
{
    xen_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
}

static void port_in(void)
{
    uint8_t byte;

    __asm__ volatile("inb %w1, %0" : "=a"(byte) : "d"(PORT_NOBODY));
}

static void port_out(void)
{
    __asm__ volatile("outb %b0, %w1" : : "a"(0), "d"(PORT_NOBODY));
}

static void eoi_in_memory(void)
{
    apic_write(A_EOI, 0);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Of all leaves that have values, and one that has none. */
static void measure_cpuid(void)
{
    static const uint32_t groups[][2] = {{0, 0xe}, {0x40000000, 5}, {0x80000000, 0xa}};
    uint64_t most = 0;

    for (unsigned int i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (unsigned int leaf = 0; leaf < groups[i][1]; leaf++)
            for (subleaf = 0; subleaf < 3; subleaf++) {
                number = groups[i][0] + leaf;
                most = larger(most, cost(cpuid_exit));
            }
    report("cpuid_most", most, 1);
    number = 1;
    measure("cpuid", cpuid_exit);
}

/* Of all that do not start something else; what is read can be written there. */
static void measure_msrs(void)
{
    static const uint32_t both[] = {0xc0000100,    0xc0000101, 0xc0000102, MSR_EFER,   0xc0000081, 0xc0000082,
                                    0xc0000083,    0xc0000084, 0x174,      0x175,      0x176,      0x277,
                                    0x10,          0x8b,       0xc0010015, 0xc001001f, 0xc0010055, 0xc0011029,
                                    MSR_APIC_BASE, 0x808,      0x80f,      0x832,      0x837},
                          only_read[] = {0x802, 0x803, 0x80a, 0x80d, 0x817, 0x827,
                                         0x828, 0x830, 0x838, 0x839, 0x83e};
    uint64_t read = 0, written = 0;

    for (unsigned int i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
        number = both[i];
        read = larger(read, cost(read_msr));
        written = larger(written, cost(write_msr));
    }
    for (unsigned int i = 0; i < sizeof(only_read) / sizeof(only_read[0]); i++) {
        number = only_read[i];
        read = larger(read, cost(read_msr));
    }
    set_msr(X2APIC_MSR(A_EOI), 0);
    report("msr_read", read, 1);
    report("msr_write", larger(written, cost(write_msr)), 1);
}

static void measure_apic(void)
{
    set_msr(X2APIC_MSR(A_EOI), 0);
    measure("apic_eoi", write_msr);
    set_msr(X2APIC_MSR(A_INITIAL), ~0U);
    measure("apic_timer", write_msr);
    set_msr(X2APIC_MSR(A_SELF), VECTOR);
    measure("apic_self", write_msr);
}

static void apic_on(void)
{
    number = MSR_APIC_BASE;
    read_msr();
    set_msr(MSR_APIC_BASE, value | BASE_X2APIC);
    set_msr(X2APIC_MSR(A_SVR), ENABLED);
    set_msr(X2APIC_MSR(A_TIMER), VECTOR);
    set_msr(X2APIC_MSR(A_INITIAL), ~0U);
}

void bench_exits(void)
{
    need(events_start() == 0, "no events");
    measure("apic_eoi_memory", eoi_in_memory);
    apic_on();
    measure("hypercall", null_hypercall);
    measure("port_in", port_in);
    measure("port_out", port_out);
    measure_cpuid();
    measure_msrs();
    measure_apic();
}
