/* SPDX-License-Identifier: MIT */
/* Event channels: the interrupts of guests, as Xen's 2-level ABI has them (xen/event_channel.h). */
#pragma once

#include "domain.h"

/* Is an event pending for V (evtchn_upcall_pending)? Whoever blocks V asks after it has marked V as blocked:
 * events mark first and kick then, so that no wake-up is lost. Takes no lock. */
bool event_is_pending(const struct vcpu *v);

/* A virtual interrupt of V alone (VIRQ_TIMER, VIRQ_DEBUG): to the port that is bound to it, if any. From any
 * context with no lock held that ranks after RANK_EVENT. */
void event_send_virq(struct vcpu *v, unsigned int virq);
