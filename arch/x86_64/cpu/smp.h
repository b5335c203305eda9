/* SPDX-License-Identifier: MIT */
/* The CPUs that are up. */
#pragma once

#include "percpu.h"

/* C, which has its number and its APIC id, takes interrupts from now on. */
void smp_add(struct cpu *c);
/* In an NMI: halt for ever when another CPU ends the machine. */
void smp_stop_if_asked(void);
