/* SPDX-License-Identifier: MIT */
/* All processors of the machine: numbered, started, and sent to work. */
#include "smp.h"
#include "host_info.h"
#include "log.h"
#include "mistake.h"
#include "schedule.h"
#include "watchdog.h"

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
    return known;
}

#define KICK_NS 100000000UL

/* The machine has ended: the boot CPU must see it, too, and says so. A single kick may get lost. */
NORETURN static void wait_for_the_end(void)
{
    for (;;) {
        arch_cpu_kick(0);
        arch_timer_set(arch_now() + KICK_NS);
        arch_idle();
    }
}

/* Its number counts only when the boot CPU has seen it. */
void upcall_cpu_started(void)
{
    while (!cpu_is_online(smp_processor_id()))
        arch_cpu_relax();
    sched_init_cpu();
    watchdog_start();
    if (IS_DEBUG)
        mistake_make();
    sched_run();
    wait_for_the_end();
}
