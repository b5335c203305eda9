/* SPDX-License-Identifier: MIT */
/* The local APIC: this CPU's timer and interrupt acknowledgement. */
#pragma once

#include "types.h"

/* Switch it on, everything but our own vectors masked, the timer calibrated. -ENOMEM, or -ENODEV when its
 * timer does not run. Needs the TSC's frequency. */
int lapic_init(void);
void lapic_eoi(void);
/* Fire after about NS nanoseconds, at most one second; 0: at once. */
void lapic_timer_start(uint64_t ns);
void lapic_timer_stop(void);
/* The timer's vector came (timer.c). */
void lapic_timer_interrupt(void);
