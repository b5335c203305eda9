/* SPDX-License-Identifier: MIT */
/* The machine as management calls report it. */
#include "host_info.h"
#include "log.h"

struct host_info host_info = {.nr_cpus = 1};

void host_info_init(const struct topology *t)
{
    if (t->nr_ranges)
        host_info.max_mfn = mfn(t->ranges[t->nr_ranges - 1].end.v - 1);
}

void host_info_add_cpu(nodeid_t node)
{
    unsigned int cpu = host_info.nr_cpus;

    BUG_ON(cpu >= MAX_CPUS);
    host_info.cpu_node[cpu] = node;
    __atomic_store_n(&host_info.nr_cpus, cpu + 1, __ATOMIC_RELEASE);
}

bool cpu_is_online(unsigned int cpu)
{
    return cpu < __atomic_load_n(&host_info.nr_cpus, __ATOMIC_ACQUIRE);
}

struct cpumask cpu_online_mask(void)
{
    struct cpumask all = CPUMASK_NONE;

    for (unsigned int i = 0; cpu_is_online(i); i++)
        cpumask_add(&all, i);
    return all;
}
