/* SPDX-License-Identifier: MIT */
/* The watchdog: from time to time one of the CPUs looks whether all others came by since the last look. */
#include "watchdog.h"
#include "host_info.h"
#include "log.h"
#include "map.h"
#include "timer.h"

#define LOOKS      8U /* before a CPU counts as stuck; it has been kicked from half of them on */
#define LAST_LOOKS 4U /* after it was asked, by NMI at each */

struct watch {
    uint64_t passes;    /* counted by the CPU itself */
    struct timer timer; /* its own next look at the others */
    bool watched;
    /* What is seen of it; written by the one that looks. */
    uint64_t seen;
    unsigned int looks; /* without anything new */
    bool asked;
} ALIGNED(64);

static struct watch watches[MAX_CPUS];
static uint64_t period; /* ns between two looks; 0: nobody looks */
static uint64_t next_look;
static bool looking; /* one at a time */

static uint64_t signs_of_life(unsigned int cpu)
{
    return READ_ONCE(watches[cpu].passes) + arch_cpu_interrupts(cpu);
}

static bool is_stuck(unsigned int cpu)
{
    return READ_ONCE(watches[cpu].seen) == signs_of_life(cpu);
}

/* An NMI is for a CPU that was stuck when it was sent; it may have gone on. */
bool upcall_nmi(void)
{
    unsigned int me = smp_processor_id();

    if (!READ_ONCE(watches[me].asked))
        return false;
    if (is_stuck(me))
        panic("watchdog: in the hypervisor for more than %lu ms, and here", LOOKS * period / 1000000);
    return true;
}

static void ask(unsigned int cpu, struct watch *w)
{
    if (w->looks > LOOKS + LAST_LOOKS)
        panic("watchdog: CPU %u is in the hypervisor for more than %lu ms, and takes no NMI", cpu,
              w->looks * period / 1000000);
    WRITE_ONCE(w->asked, true);
    arch_cpu_nmi(cpu);
}

static void look_at(unsigned int cpu)
{
    struct watch *w = &watches[cpu];

    if (!READ_ONCE(w->watched) || cpu == smp_processor_id() || !is_stuck(cpu)) {
        WRITE_ONCE(w->seen, signs_of_life(cpu));
        w->looks = 0;
    } else if (++w->looks > LOOKS) {
        ask(cpu, w);
    } else if (w->looks > LOOKS / 2) {
        arch_cpu_kick(cpu); /* its timer's interrupt may have been lost */
    }
}

/* Looks are counted, not time: on a host that gives the machine's CPUs no time there are few of them. */
static void look(uint64_t now)
{
    if (__atomic_exchange_n(&looking, true, __ATOMIC_ACQUIRE))
        return;
    if (now >= next_look) {
        next_look = now + period;
        for (unsigned int cpu = 0; cpu_is_online(cpu); cpu++)
            look_at(cpu);
    }
    __atomic_store_n(&looking, false, __ATOMIC_RELEASE);
}

static void tick(struct timer *t)
{
    uint64_t now = arch_now();

    look(now);
    timer_set(t, now + period);
}

void watchdog_init(unsigned int seconds)
{
    period = seconds * 1000000000UL / LOOKS;
}

void watchdog_start(void)
{
    struct watch *w = &watches[smp_processor_id()];

    timer_init(&w->timer, tick);
    if (period)
        timer_set(&w->timer, arch_now() + period);
    WRITE_ONCE(w->watched, true);
}

void watchdog_pass(void)
{
    struct watch *w = &watches[smp_processor_id()];

    WRITE_ONCE(w->passes, w->passes + 1);
}
