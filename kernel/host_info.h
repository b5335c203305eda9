/* SPDX-License-Identifier: MIT */
/* The machine as management calls report it: its processors, their nodes, the end of its RAM. */
#pragma once

#include "topology.h"

struct host_info {
    unsigned int nr_cpus;        /* that are up: numbers 0 to nr_cpus - 1 */
    nodeid_t cpu_node[MAX_CPUS]; /* of each of them */
    mfn_t max_mfn;               /* the highest page of RAM */
};

/* Set at boot; fixed before there are domains. */
extern struct host_info host_info;

void host_info_init(const struct topology *t);
/* The CPU with the next number is up, on NODE. The boot CPU is there from the start. */
void host_info_add_cpu(nodeid_t node);
bool cpu_is_online(unsigned int cpu);
struct cpumask cpu_online_mask(void);
