/* SPDX-License-Identifier: MIT */
/* The CPUs watch each other: one that stays in the hypervisor too long is asked where it is, and the machine
 * ends. */
#pragma once

#include "types.h"

#define WATCHDOG_SECONDS 10U /* by default */

/* Panic when a CPU stays in the hypervisor for longer than this; 0: never. Before watchdog_start. */
void watchdog_init(unsigned int seconds);
/* This CPU watches from now on, and is watched; it handles timers. */
void watchdog_start(void);
/* This CPU came by in the scheduler's loop. Interrupts that it takes show as well that it is not stuck: it
 * takes them after guests' exits and while it is idle. */
void watchdog_pass(void);
