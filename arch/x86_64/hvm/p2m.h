/* SPDX-License-Identifier: MIT */
/* Nested page tables: the part of p2m_* (arch.h) that only this architecture uses. Pure C, runs on the host.
 */
#pragma once

#include "arch.h"

/* The largest order that one entry maps: 18 (1 GiB pages), or 9 where the CPU lacks them. Set at boot. */
extern unsigned int p2m_max_order;

/* TLB obligation: whoever takes a translation away increments a->p2m_generation under p2m_lock. A vCPU
 * compares it with the value of its last entry and starts with a fresh ASID when it differs. So on the CPU
 * that changed the table nothing stale is ever used; a vCPU in guest mode on *another* CPU must be made to
 * exit before the page taken away may be given to anybody else. */
