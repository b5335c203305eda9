/* SPDX-License-Identifier: MIT */
/* What the scheduler, events and timers do for a vCPU's local APIC. */
#pragma once

#include "domain.h"

/* The function of v->apic_timer. */
void apic_timer_fires(struct timer *t);

/* An event is pending (evtchn_upcall_pending was 0): tell V, by its upcall vector if it has one. Any lock
 * that ranks before RANK_SCHED may be held. */
void vcpu_notify(struct vcpu *v);
