/* SPDX-License-Identifier: MIT */
/* The fixture of the `host` command: nodes with exactly so many free pages, kept while domains come and go.
 */
#pragma once

#include "command.h"

/* Leave COUNTS->v[i] free pages on node i and none on the others. False, and WHY says how it failed. */
bool fixture_set(const struct list *counts, struct text *why);
/* Does the machine have all nodes that COUNTS wants pages of? False, and WHY says which machine is meant. */
bool fixture_fits(const struct list *counts, struct text *why);
/* The numbers of the last `host` line, NULL when there are none. */
const struct list *fixture_counts(void);
/* The numbers hold no longer; the filler stays if KEEP is set. */
void fixture_relax(bool keep);

/* Around something that costs the hypervisor memory, PAGES of it and what is in any case needed for a domain:
 * the filler makes room, and then puts every node's free pages back to what they were. */
void fixture_open(uint64_t pages);
bool fixture_close(void);
/* The filler takes what the end of a domain gave back beyond the domain's memory: COST[i] pages on node i. */
bool fixture_absorb(const int64_t *cost);
