/* SPDX-License-Identifier: MIT */
/* The CPUs that are up. */
#pragma once

#include "percpu.h"

/* C, which has its number and its APIC id, takes interrupts from now on. */
void ipi_add_cpu(struct cpu *c);
/* The running CPU's interrupts are off: it has one to take as soon as they are on. */
void ipi_self(void);
/* In an NMI: halt for ever when another CPU ends the machine. */
void ipi_stop_if_asked(void);
