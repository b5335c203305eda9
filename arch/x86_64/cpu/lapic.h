/* SPDX-License-Identifier: MIT */
/* The local APIC: this CPU's timer and interrupt acknowledgement. */
#pragma once

#include "types.h"

/* Boot CPU: find the registers, and let all other CPUs wait to be started: in the firmware's care they may
 * spin. -ENOMEM. */
int lapic_find(void);
/* Switch it on, everything but our own vectors masked; the first CPU calibrates the timer, with the TSC.
 * -ENODEV with a message when that does not run, or when another CPU cannot have the first one's mode. */
int lapic_init(void);
void lapic_eoi(void);
uint32_t lapic_id(void);
/* Can a CPU with this id be reached? Ids beyond 254 need x2APIC mode. */
bool lapic_can_reach(uint32_t apic_id);
/* An interrupt for another CPU: a vector, or one of LAPIC_NMI, LAPIC_INIT and LAPIC_STARTUP | page. */
#define LAPIC_NMI     0x400U
#define LAPIC_INIT    0x500U
#define LAPIC_STARTUP 0x600U
void lapic_send(uint32_t apic_id, uint32_t what);
/* Fire after about NS nanoseconds, at most one second; 0: at once. */
void lapic_timer_start(uint64_t ns);
void lapic_timer_stop(void);
/* The timer's vector came (timer.c). */
void lapic_timer_interrupt(void);
