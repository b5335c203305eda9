/* SPDX-License-Identifier: MIT */
/* What becomes of errors that the machine reports: pages leave, domains that lost data end. Spec section 9.
 */
#pragma once

#include "arch.h"

/* The safe point, in the scheduler's loop: look at this CPU's banks when it is time, and handle what was
 * reported. NOW in ns. The caller holds no lock. */
void machine_checks_handle(uint64_t now);
/* Does something wait for it, so that no guest may be entered? */
extern uint32_t machine_checks_waiting; /* records that are ready, or about to be or no longer; atomic */
static inline bool machine_checks_pending(void)
{
    return READ_ONCE(machine_checks_waiting);
}

struct machine_check_counts {
    unsigned long corrected, data_lost; /* since boot */
};
struct machine_check_counts machine_check_counts(void);
