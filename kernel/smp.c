/* SPDX-License-Identifier: MIT */
/* All processors of the machine: numbered, started, and sent to work. */
#include "smp.h"
#include "host_info.h"
#include "schedule.h"

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

/* Its number counts only when the boot CPU has seen it. */
void upcall_cpu_started(void)
{
    while (!cpu_is_online(smp_processor_id()))
        arch_cpu_relax();
    sched_init_cpu();
    sched_run();
    for (;;)
        arch_idle();
}
