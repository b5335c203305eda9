/* SPDX-License-Identifier: MIT */
/* All processors of the machine: numbered, started, and sent to work. */
#include "smp.h"
#include "host_info.h"
#include "log.h"
#include "mistake.h"
#include "schedule.h"
#include "watchdog.h"

#define KICK_NS 100000000UL  /* a kick may get lost: both sides look again after this time */
#define END_NS  5000000000UL /* for all CPUs to come to an end */

static bool all_started;
static unsigned int nr_ended; /* CPUs that have left the scheduler, but the boot CPU */

static void kick_all(void)
{
    for (unsigned int cpu = 0; cpu_is_online(cpu); cpu++)
        arch_cpu_kick(cpu);
}

/* Sleep until a kick, or not for long. */
static void wait_a_while(void)
{
    arch_timer_set(arch_now() + KICK_NS);
    arch_idle();
}

unsigned int smp_start(const struct machine *m, const struct topology *t)
{
    uint32_t boot_id = arch_apic_id();
    unsigned int known = 1;

    for (unsigned int i = 0; i < m->nr_cpus; i++) {
        const struct cpu_desc *cpu = &m->cpus[i];
        nodeid_t node = topology_cpu_node(t, i);

        if (!cpu->enabled)
            continue;
        if (cpu->apic_id == boot_id) {
            host_info.cpu_node[0] = node;
            continue;
        }
        known++;
        if (arch_cpu_start(host_info.nr_cpus, cpu->apic_id, node) == 0)
            host_info_add_cpu(node);
    }
    __atomic_store_n(&all_started, true, __ATOMIC_RELEASE);
    kick_all();
    return known;
}

void smp_wait_for_the_end(void)
{
    uint64_t start = arch_now();

    while (__atomic_load_n(&nr_ended, __ATOMIC_ACQUIRE) + 1 < host_info.nr_cpus &&
           arch_now() - start < END_NS) {
        kick_all();
        wait_a_while();
    }
}

/* It must not disturb the start of others: scrubbing takes the heap's lock all the time. */
void upcall_cpu_started(void)
{
    while (!__atomic_load_n(&all_started, __ATOMIC_ACQUIRE))
        wait_a_while();
    sched_init_cpu();
    watchdog_start();
    if (IS_DEBUG)
        mistake_make();
    sched_run();
    __atomic_add_fetch(&nr_ended, 1, __ATOMIC_RELEASE);
    for (;;) {
        arch_cpu_kick(0);
        wait_a_while();
    }
}
