/* SPDX-License-Identifier: MIT */
/* The local APIC, by memory-mapped registers or, if the firmware has switched it to x2APIC mode, by MSRs.
 * AMD64 manual volume 2, sections 16.3 to 16.6. */
#include "lapic.h"
#include "arch.h"
#include "error.h"
#include "insn.h"
#include "log.h"
#include "pagetable.h"
#include "registers.h"
#include "trap.h"

enum lapic_register {
    APIC_ID = 0x20,
    APIC_TASK_PRIORITY = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_HIGH = 0x310, /* x2APIC: part of APIC_COMMAND */
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define XAPIC_ID_SHIFT    24
#define XAPIC_BROADCAST   0xffU
#define COMMAND_PENDING   (1U << 12)
#define COMMAND_ASSERT    (1U << 14)
#define COMMAND_TO_OTHERS (3U << 18)
#define SPURIOUS_ENABLE   (1U << 8)
#define LVT_MASKED        (1U << 16)
#define DIVIDE_BY_1       0xbU
#define CALIBRATE_NS      2000000UL
#define MAX_TIMER_NS      1000000000UL
#define PIC1_MASK         0x21
#define PIC2_MASK         0xa1

static volatile uint32_t *registers; /* NULL in x2APIC mode */
static uint64_t boot_base;           /* mode and address of the boot CPU's */
static uint64_t timer_khz;

static uint32_t lapic_read(enum lapic_register r)
{
    return registers ? registers[r / sizeof(*registers)] : (uint32_t)rdmsr(MSR_X2APIC + r / 16);
}

static void lapic_write(enum lapic_register r, uint32_t v)
{
    if (registers)
        registers[r / sizeof(*registers)] = v;
    else
        wrmsr(MSR_X2APIC + r / 16, v);
}

void lapic_eoi(void)
{
    lapic_write(APIC_EOI, 0);
}

uint32_t lapic_id(void)
{
    uint32_t id = lapic_read(APIC_ID);

    return registers ? id >> XAPIC_ID_SHIFT : id;
}

bool lapic_can_reach(uint32_t apic_id)
{
    return !registers || apic_id < XAPIC_BROADCAST;
}

/* What was written before is seen by whom the interrupt reaches; MSR writes alone would not wait for it. */
void lapic_send(uint32_t apic_id, uint32_t what)
{
    what |= COMMAND_ASSERT;
    if (!registers) {
        __asm__ volatile("mfence; lfence" : : : "memory");
        wrmsr(MSR_X2APIC + APIC_COMMAND / 16, (uint64_t)apic_id << 32 | what);
        return;
    }
    while (lapic_read(APIC_COMMAND) & COMMAND_PENDING)
        cpu_pause();
    lapic_write(APIC_COMMAND_HIGH, apic_id << XAPIC_ID_SHIFT);
    lapic_write(APIC_COMMAND, what);
}

void lapic_timer_start(uint64_t ns)
{
    lapic_write(APIC_TIMER_INITIAL, (uint32_t)(MIN(ns, MAX_TIMER_NS) * timer_khz / 1000000 + 1));
}

void lapic_timer_stop(void)
{
    lapic_write(APIC_TIMER_INITIAL, 0);
}

/* All CPUs have theirs in one mode and at one address, and there is no way back from x2APIC mode. */
static int follow_boot_cpu(uint64_t base)
{
    if (base & ~boot_base & APIC_BASE_X2APIC) {
        log_warn("the local APIC is in x2APIC mode, the boot CPU's is not\n");
        return -ENODEV;
    }
    base = (base & ~APIC_BASE_ADDR) | (boot_base & APIC_BASE_ADDR) | APIC_BASE_ENABLE;
    wrmsr(MSR_APIC_BASE, base);
    if (boot_base & APIC_BASE_X2APIC)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    return 0;
}

static int find_registers(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    if (!(base & APIC_BASE_ENABLE))
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    boot_base = base | APIC_BASE_ENABLE;
    if (base & APIC_BASE_X2APIC)
        return 0;
    registers = map_device(paddr(base & APIC_BASE_ADDR), PAGE_SIZE);
    return registers ? 0 : -ENOMEM;
}

int lapic_find(void)
{
    int rc = find_registers();

    if (rc == 0)
        lapic_send(0, COMMAND_TO_OTHERS | LAPIC_INIT);
    return rc;
}

/* Count down with the interrupt masked for a known time. */
static int calibrate_timer(void)
{
    uint64_t cycles = arch_tsc_khz() * CALIBRATE_NS / 1000000, start, end;
    uint32_t left;

    lapic_write(APIC_TIMER_INITIAL, UINT32_MAX);
    start = rdtsc();
    do {
        end = rdtsc();
        left = lapic_read(APIC_TIMER_CURRENT);
    } while (end - start < cycles);
    lapic_timer_stop();
    timer_khz = (UINT32_MAX - left) * (uint64_t)arch_tsc_khz() / (end - start);
    if (timer_khz)
        return 0;
    log_err("the local APIC's timer does not run\n");
    return -ENODEV;
}

/* The firmware's interrupts may still be on their way: the PICs stay silent, and so does their pin. */
int lapic_init(void)
{
    int rc = smp_processor_id() ? follow_boot_cpu(rdmsr(MSR_APIC_BASE)) : 0;

    if (rc)
        return rc;
    outb(PIC1_MASK, 0xff);
    outb(PIC2_MASK, 0xff);
    lapic_write(APIC_LVT_TIMER, VECTOR_TIMER | LVT_MASKED);
    lapic_write(APIC_LVT_LINT0, LVT_MASKED);
    lapic_write(APIC_LVT_ERROR, LVT_MASKED);
    lapic_write(APIC_TASK_PRIORITY, 0);
    lapic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    lapic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    if (!timer_khz)
        rc = calibrate_timer();
    lapic_write(APIC_LVT_TIMER, VECTOR_TIMER); /* one shot */
    return rc;
}
