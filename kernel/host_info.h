/* SPDX-License-Identifier: MIT */
/* The machine as management calls report it: its processors, their nodes, the end of its RAM. */
#pragma once

#include "topology.h"

struct host_info {
    unsigned int nr_cpus;        /* usable ones */
    nodeid_t cpu_node[MAX_CPUS]; /* of each of them */
    mfn_t max_mfn;               /* the highest page of RAM */
};

/* Set once at boot; fixed afterwards. */
extern struct host_info host_info;

void host_info_init(const struct machine *m, const struct topology *t);
