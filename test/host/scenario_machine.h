/* SPDX-License-Identifier: MIT */
/* The fake machine that a scenario asks for. */
#pragma once

#include "scenario.h"

/* Build the machine for the scenario's `host` lines. NODES and PAGES of each node, if not 0, take the place
 * of what the lines need. */
void scenario_machine_create(const struct scenario *s, unsigned int nodes, uint64_t pages);
