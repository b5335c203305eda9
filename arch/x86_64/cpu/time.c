/* SPDX-License-Identifier: MIT */
/* Time: the TSC, calibrated against the ACPI PM timer, and the one-shot timer of each CPU. */
#include "arch.h"
#include "error.h"
#include "insn.h"
#include "lapic.h"
#include "log.h"
#include "percpu.h"
#include "start.h"

#define PM_TIMER_HZ      3579545UL /* ACPI 6.5 section 4.8.3.3 */
#define CALIBRATE_TICKS  (PM_TIMER_HZ / 100)
#define CALIBRATE_CYCLES (1UL << 32) /* give up: a second or more without CALIBRATE_TICKS */
#define SAMPLES          5
#define MIN_TIMER_NS     10000UL /* the shorter rest of a deadline is not worth another interrupt before it */

static uint32_t tsc_khz;
static uint32_t ns_per_cycle; /* 0.32 fixed point, of a cycle that was shifted left by: */
static int8_t cycle_shift;

/* Both clocks at one moment. */
struct sample {
    uint64_t tsc;
    uint32_t pm;
};

/* The tightest of some readings: an emulator or SMI may come in between. */
static struct sample take_sample(uint16_t port)
{
    struct sample best = {0};
    uint64_t best_width = UINT64_MAX;

    for (unsigned int i = 0; i < SAMPLES; i++) {
        uint64_t before = rdtsc();
        uint32_t pm = inl(port);
        uint64_t width = rdtsc() - before;

        if (width < best_width) {
            best_width = width;
            best = (struct sample){before + width / 2, pm};
        }
    }
    return best;
}

/* 0 when there is no PM timer or it does not run. */
static uint64_t khz_from_pm_timer(const struct machine *m)
{
    uint32_t mask = m->pm_timer_32bit ? UINT32_MAX : 0xffffff, ticks;
    struct sample start, end;

    if (!m->pm_timer_port)
        return 0;
    start = take_sample(m->pm_timer_port);
    do {
        cpu_pause();
        ticks = (inl(m->pm_timer_port) - start.pm) & mask;
        if (rdtsc() - start.tsc > CALIBRATE_CYCLES)
            return 0;
    } while (ticks < CALIBRATE_TICKS);
    end = take_sample(m->pm_timer_port);
    ticks = (end.pm - start.pm) & mask;
    return (end.tsc - start.tsc) * PM_TIMER_HZ / ticks / 1000;
}

/* TSC and crystal clock: EBX / EAX is their ratio, ECX the crystal's frequency in Hz. */
static uint64_t khz_from_cpuid(const struct machine *m UNUSED)
{
    struct cpuid c = cpuid(0, 0).eax >= 0x15 ? cpuid(0x15, 0) : (struct cpuid){0};

    return c.eax ? (uint64_t)c.ecx * c.ebx / c.eax / 1000 : 0;
}

static uint64_t khz_from_loader(const struct machine *m UNUSED)
{
    return boot_record->tsc_khz;
}

static void set_frequency(uint64_t khz)
{
    uint64_t ns = (1000000UL << 32) / khz;

    tsc_khz = (uint32_t)khz;
    for (cycle_shift = 0; ns > UINT32_MAX; ns >>= 1)
        cycle_shift++;
    ns_per_cycle = (uint32_t)ns;
}

/* The best first. */
static const struct {
    uint64_t (*measure)(const struct machine *m);
    const char *name;
} sources[] = {
    {khz_from_pm_timer, "the ACPI PM timer"},
    {khz_from_cpuid, "CPUID"},
    {khz_from_loader, "the firmware's clock"},
};

int arch_time_init(const struct machine *m)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
        uint64_t khz = sources[i].measure(m);

        if (!khz || khz > UINT32_MAX)
            continue;
        set_frequency(khz);
        log_info("TSC: %lu.%03lu MHz by %s\n", khz / 1000, khz % 1000, sources[i].name);
        return 0;
    }
    log_err("no clock to measure the TSC with\n");
    return -ENODEV;
}

uint32_t arch_tsc_khz(void)
{
    return tsc_khz;
}

struct arch_clock arch_clock(void)
{
    return (struct arch_clock){boot_record->tsc_exit, ns_per_cycle, cycle_shift};
}

/* 0 before the calibration; then the time since the loader left boot services. Guests compute the same. */
uint64_t arch_now(void)
{
    uint64_t cycles = (rdtsc() - boot_record->tsc_exit) << cycle_shift;

    return (uint64_t)(((unsigned __int128)cycles * ns_per_cycle) >> 32);
}

static void arm(uint64_t deadline)
{
    uint64_t now = arch_now();

    lapic_timer_start(deadline > now ? MAX(deadline - now, MIN_TIMER_NS) : 0);
}

void arch_timer_set(uint64_t deadline)
{
    this_cpu()->timer_deadline = deadline;
    if (deadline == TIMER_NEVER)
        lapic_timer_stop();
    else
        arm(deadline);
}

/* Deadlines further away than the counter reaches are approached in steps. */
void lapic_timer_interrupt(void)
{
    struct cpu *c = this_cpu();
    uint64_t deadline = c->timer_deadline;

    lapic_eoi();
    if (deadline == TIMER_NEVER)
        return; /* it fired while it was switched off */
    if (deadline > arch_now()) {
        arm(deadline);
        return;
    }
    c->timer_deadline = TIMER_NEVER;
    upcall_timer();
}

/* STI takes effect after HLT, so an interrupt cannot slip in between and be slept over. */
void arch_idle(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

void arch_cpu_relax(void)
{
    cpu_pause();
}
