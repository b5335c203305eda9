/* SPDX-License-Identifier: MIT */
/* The machine as management calls report it. */
#include "host_info.h"

struct host_info host_info = {.nr_cpus = 1};

void host_info_init(const struct machine *m, const struct topology *t)
{
    unsigned int nr = 0;

    for (unsigned int i = 0; i < t->nr_cpus; i++)
        if (m->cpus[i].enabled)
            host_info.cpu_node[nr++] = topology_cpu_node(t, i);
    host_info.nr_cpus = MAX(nr, 1U);
    if (t->nr_ranges)
        host_info.max_mfn = mfn(t->ranges[t->nr_ranges - 1].end.v - 1);
}
