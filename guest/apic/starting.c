/* SPDX-License-Identifier: MIT */
/* INIT and SIPI: how operating systems start their other CPUs. vCPU 4 was not started otherwise before. */
#include "apic.h"
#include <errno.h>
#include <string.h>

#define TARGET 4U

struct page {
    uint8_t code[0x800];
    volatile uint64_t started; /* so many times */
    volatile uint32_t stop, unused;
    uint32_t edx;
    uint16_t cs, ss;
    uint32_t cr0;
    uint16_t flags, unused2;
    uint32_t dr; /* all bits of DR0 to DR3 */
};

extern const char real_begin[], real_end[];

static struct page *prepare(unsigned int number)
{
    struct page *p = (struct page *)(uintptr_t)(number * PAGE_SIZE);

    memset(p, 0, sizeof(*p));
    memcpy(p, real_begin, (uintptr_t)real_end - (uintptr_t)real_begin);
    return p;
}

static void start(unsigned int number)
{
    apic_send(TARGET, ICR_INIT);
    apic_send(TARGET, 0x8500); /* INIT's end */
    apic_send(TARGET, ICR_STARTUP | number);
    apic_send(TARGET, ICR_STARTUP | number);
}

static void pass_time(uint64_t ns)
{
    for (uint64_t end = guest_now() + ns; guest_now() < end;)
        smp_pause();
}

static void check_state(void)
{
    const struct page *p = prepare(9);
    uint32_t a = 1, b, c = 0, d;

    apic_fresh();
    start(9);
    expect_soon("started", &p->started, 1);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    expect_equal("EDX: the CPU's signature", p->edx, a);
    expect_equal("CS", p->cs, 0x900);
    expect_equal("SS", p->ss, 0);
    expect_equal("CR0: no paging, no protection", p->cr0 & 0x80000001, 0);
    expect_equal("FLAGS", p->flags & 0xfd5, 0);
}

static void check_ignored(void)
{
    const struct page *p = prepare(10);

    apic_send(TARGET, ICR_STARTUP | 10);
    apic_send(0, TO_SELF | ICR_STARTUP | 10);
    pass_time(50000000);
    expect_equal("it runs on", p->started, 0);
}

/* Wherever it is: in a loop, halted with interrupts off, or waiting already. */
static void check_again(void)
{
    struct page *p = prepare(11);

    start(11);
    expect_soon("started", &p->started, 1);
    p->stop = 1;
    pass_time(50000000);
    p->stop = 0;
    apic_send(TARGET, ICR_INIT);
    start(11);
    expect_soon("started", &p->started, 2);
    expect_equal("DR0 to DR3, which the first start has written", p->dr, 0);
    apic_send(TARGET, ICR_INIT);
}

/* The start of one that a hypercall started before, and the other way round. */
static void nothing(void *arg __attribute__((unused)))
{
}

static void check_other_way(void)
{
    const struct page *p = prepare(12);

    if (smp_start(2, nothing, NULL) == 0)
        smp_join(2);
    apic_send(2, ICR_INIT);
    apic_send(2, ICR_STARTUP | 12);
    expect_soon("started", &p->started, 1);
    apic_send(2, ICR_INIT);
    expect_equal("a hypercall comes too late", smp_start(TARGET, nothing, NULL), -1);
    expect_equal("EEXIST", errno, EEXIST);
}

const struct guest_case starting[] = {
    {"in real mode", check_state},
    {"SIPI for one that runs", check_ignored},
    {"INIT again", check_again},
    {"together with hypercalls", check_other_way},
    {0},
};
