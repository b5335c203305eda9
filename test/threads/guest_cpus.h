/* SPDX-License-Identifier: MIT */
/* CPUs in guest mode: threads that walk nested page tables without a lock and keep what they found, as MMUs
 * do. */
#pragma once

#include "level.h"

/* Domains run on several such CPUs while their pages are taken away: no CPU ever touches one that is somebody
 * else's by then, nor walks a table that was freed. Nothing on the level of mm/, which has no address spaces.
 */
void pages_leave_running_guests(const struct level *l, unsigned int milliseconds);
