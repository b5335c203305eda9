/* SPDX-License-Identifier: MIT */
/* Event channels for guest programs: interrupts from the hypervisor, other domains and other vCPUs, by Xen's
 * 2-level ABI and a callback vector (xen/event_channel.h), and what waits for them. Functions return what
 * they say or -1 with errno. Only programs that use it pay for it. */
#pragma once

#include "guest_smp.h"
#include <stddef.h>
#include <xen/event_channel.h>
#include <xen/xen.h>

#define EVENT_PORTS EVTCHN_2L_NR_CHANNELS

/* Make events ready for the vCPU that calls: once on each that is to get some. All ports are masked at first;
 * interrupts are not turned on. */
int events_start(void);

void interrupts_on(void);
void interrupts_off(void);

/* Each returns a new port, masked, without a handler. DOM: usually DOMID_SELF. */
int event_alloc_unbound(domid_t dom, domid_t remote);
int event_bind_interdomain(domid_t remote, evtchn_port_t remote_port);
int event_bind_virq(unsigned int virq, unsigned int vcpu);
int event_bind_ipi(unsigned int vcpu);

/* FN(PORT, ARG) runs for each event on the vCPU that the port is bound to, interrupts off; it must not take a
 * guest_lock that somebody holds with interrupts on. Before the port is unmasked. */
void event_set_handler(evtchn_port_t port, void (*fn)(evtchn_port_t port, void *arg), void *arg);

int event_send(evtchn_port_t port);
int event_unmask(evtchn_port_t port); /* what is pending comes now */
int event_close(evtchn_port_t port);
int event_bind_vcpu(evtchn_port_t port, unsigned int vcpu);
/* STATUS->dom and ->port are given. */
int event_status(struct evtchn_status *status);

/* The port's bits in the shared info page. */
void event_mask(evtchn_port_t port);
bool event_is_masked(evtchn_port_t port);
bool event_is_pending(evtchn_port_t port);
bool event_clear(evtchn_port_t port); /* was it pending? */

/* Interrupts on and wait for one, without a gap between. What is waited for is looked at before with
 * interrupts off; it may be another interrupt that has come. */
void guest_halt(void);
/* SCHEDOP_poll: until one of the N ports is pending, masked ones too, or guest_now() is TIMEOUT; 0: for ever.
 * May return early. */
int guest_poll(evtchn_port_t *ports, unsigned int n, uint64_t timeout);

/* VIRQ_TIMER of this vCPU when guest_now() is DEADLINE; it takes the place of an earlier one. */
int timer_oneshot(uint64_t deadline);
int timer_stop(void);
