/* SPDX-License-Identifier: MIT */
/* Event channels: the interrupts of guests, as Xen's 2-level ABI has them (xen/event_channel.h), and the
 * timers of vCPUs, which are events too.
 *
 * Two kinds of locks: opening, connecting and closing ports needs a global one (event_bind_lock); a domain's
 * own (RANK_EVENT) guards what a port is and what is pending. Who sends reads the sender's port under the
 * sender's lock, lets it go, takes the receiver's and looks whether the ports still belong together: never
 * both. */
#pragma once

#include "domain.h"
#include "error.h"

/* ---- delivery ---- */

/* Is there a reason for V not to sleep: an event (evtchn_upcall_pending), or one that SCHEDOP_poll waits for?
 * Whoever blocks V asks after it has marked V as blocked: events mark first and kick then, so that no wake-up
 * is lost. Takes no lock. */
bool event_is_pending(const struct vcpu *v);

/* Send an event from PORT of D. It is lost when nobody is at the other end. -EINVAL: not a port to send from;
 * -ERESTART: the hypervisor is at the other end and not done, send again. */
int event_send(struct domain *d, uint32_t port);

/* A virtual interrupt of V alone (VIRQ_TIMER, VIRQ_DEBUG): to the port that is bound to it, if any. From any
 * context with no lock held that ranks after RANK_EVENT. */
void event_send_virq(struct vcpu *v, unsigned int virq);
/* One that is about the machine, to every privileged domain that has it bound (VIRQ_DOM_EXC). Finds domains,
 * so no lock but domctl_lock may be held. */
void event_send_global_virq(unsigned int virq);
bool virq_is_global(unsigned int virq);

/* ---- ports; -EINVAL: no such port, or not of this kind. Those that open one return it. ---- */

/* All that open a port: -EINVAL: D is dying; -ENOSPC: no port is free; -ENOMEM: its paging pool is empty.
 * They take D's domctl_lock. */
int event_alloc_unbound(struct domain *d, domid_t remote);
/* To port RPORT of RD, which must be unbound and for D: else -EINVAL. The new port is pending at once: events
 * that were sent to it before are lost. */
int event_bind_interdomain(struct domain *d, struct domain *rd, uint32_t rport);
/* -EINVAL: no such VIRQ, or a global one for another vCPU than 0; -ENOENT: no such vCPU; -EEXIST: bound. */
int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu);
int event_bind_ipi(struct domain *d, uint32_t vcpu); /* -ENOENT: no such vCPU */

/* Which vCPU is told. -ENOENT: no such vCPU; -EINVAL also for IPIs and VIRQs of one vCPU. */
int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu);
/* Close PORT; the other end, if there is one, becomes unbound and waits for D. */
int event_close(struct domain *d, uint32_t port);
int event_unmask(struct domain *d, uint32_t port);
/* What PORT is at this moment. */
int event_status(struct domain *d, uint32_t port, struct evtchn *now);
/* Close all ports, a bounded number in one call: -ERESTART: call again. */
int event_reset(struct domain *d);

/* ---- domains and vCPUs ---- */

void event_init_domain(struct domain *d);
void event_init_vcpu(struct vcpu *v);
/* Destruction, when no vCPU of D runs any more: ports are closed, what was allocated or referenced goes back,
 * timers stop. -ERESTART: call again. Idempotent. */
int event_destroy(struct domain *d) REQUIRES(d->domctl_lock);
/* SHARED is the shared info page of D from now on. */
void event_set_shared(struct domain *d, void *shared);
/* VCPUOP_register_vcpu_info: INFO lies in a page with a reference, which is V's now. -EINVAL: it has one. */
int event_register_info(struct vcpu *v, uint8_t *info);
/* The code that made a call which Xen takes as the guest's choice (the hypercall page, CALLBACK_IRQ) is of 32
 * or of 64 bits: the layout of D's shared info is its. */
void event_latch_width(struct domain *d, bool compat);

/* ---- SCHEDOP_poll ---- */

#define POLL_ANY   UINT32_MAX
#define POLL_WOKEN (UINT32_MAX - 1)
/* V, the caller, waits for PORT or for any (POLL_ANY) from now on until it enters the guest again or
 * event_poll_end. Whether a port is pending already is to be asked afterwards. */
void event_poll_begin(struct vcpu *v, uint32_t port);
void event_poll_end(struct vcpu *v);
/* 1: PORT is pending, masked or not; 0: it is not; -EINVAL: it is not open. */
int event_poll(struct domain *d, uint32_t port);

/* ---- timers of a vCPU; times in ns of arch_now ---- */

void event_set_singleshot(struct vcpu *v, uint64_t deadline);
void event_stop_singleshot(struct vcpu *v);
void event_set_periodic(struct vcpu *v, uint64_t period); /* 0: off */
