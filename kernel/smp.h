/* SPDX-License-Identifier: MIT */
/* All processors of the machine. */
#pragma once

#include "topology.h"

/* Start those that the firmware names, in its order; the boot CPU is up. One that does not come is left out,
 * with a message. Returns how many there should be. */
unsigned int smp_start(const struct machine *m, const struct topology *t);

/* The boot CPU has left the scheduler: wait, for a limited time, until all others have done what they were at
 * and left it, too. */
void smp_wait_for_the_end(void);
