/* SPDX-License-Identifier: MIT */
/* Between event.c, which handles events, and event_ops.c, which asks the hypervisor for ports. */
#pragma once

#include "guest_event.h"

extern struct shared_info *const shared_info; /* mapped by the first events_start */

/* A new port of VCPU: masked, no handler. */
void event_port_init(evtchn_port_t port, unsigned int vcpu);
/* Whoever calls has masked it and lets the hypervisor look for what is pending afterwards. */
void event_port_move(evtchn_port_t port, unsigned int vcpu);

/* A hypercall's result as functions of guests return it. */
int event_result(int64_t rc);

extern char upcall_entry[]; /* upcall.asm */
void events_upcall(void);
