/* SPDX-License-Identifier: MIT */
/* The watchdog: from time to time one of the CPUs looks whether all others came by since the last look. */
#include "watchdog.h"
#include "host_info.h"
#include "log.h"
#include "map.h"
#include "timer.h"

#define LOOKS      8U /* before a CPU is asked by NMI, at each further one; it is kicked from half of them on */
#define ANSWERS    3U  /* with no other sign of life between them: it has time, and is stuck */
#define DEAF_LOOKS 32U /* without an answer: it takes no NMI, or its host gives it no time at all */

struct watch {
    uint64_t passes;    /* counted by the CPU itself */
    struct timer timer; /* its own next look at the others */
    bool watched;
    /* What is seen of it; written by the one that looks. */
    uint64_t seen;
    unsigned int looks; /* without anything new */
    unsigned int unanswered;
    bool asked;
    /* Written by the CPU itself, when it takes an NMI. */
    uint64_t answered_at; /* its signs of life then */
    unsigned int answers; /* with the same */
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

/* A CPU that was merely without time takes the NMI first of all that has piled up, and signs of life after
 * it. */
bool upcall_nmi(void)
{
    struct watch *w = &watches[smp_processor_id()];
    uint64_t signs = signs_of_life(smp_processor_id());

    if (!READ_ONCE(w->asked))
        return false;
    WRITE_ONCE(w->unanswered, 0);
    w->answers = w->answered_at == signs ? w->answers + 1 : 1;
    w->answered_at = signs;
    if (READ_ONCE(w->seen) == signs && w->answers >= ANSWERS)
        panic("watchdog: in the hypervisor for more than %lu ms, and here", LOOKS * period / 1000000);
    return true;
}

static void ask(unsigned int cpu, struct watch *w)
{
    if (READ_ONCE(w->unanswered) >= DEAF_LOOKS)
        panic("watchdog: CPU %u is in the hypervisor for more than %lu ms, and takes no NMI", cpu,
              w->looks * period / 1000000);
    __atomic_add_fetch(&w->unanswered, 1, __ATOMIC_RELAXED);
    WRITE_ONCE(w->asked, true);
    arch_cpu_nmi(cpu);
}

static void look_at(unsigned int cpu)
{
    struct watch *w = &watches[cpu];

    if (!READ_ONCE(w->watched) || cpu == smp_processor_id() || !is_stuck(cpu)) {
        WRITE_ONCE(w->seen, signs_of_life(cpu));
        WRITE_ONCE(w->unanswered, 0);
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
