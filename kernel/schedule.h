/* SPDX-License-Identifier: MIT */
/* The scheduler: a round-robin run queue per CPU, 10 ms slices. */
#pragma once

#include "domain.h"

#define SCHED_SLICE_NS 10000000UL /* also the tick after which a blocked vCPU looks again */

/* Make this CPU one that takes vCPUs. Called once on each CPU before sched_run. */
void sched_init_cpu(void);
/* Run vCPUs on this CPU; returns when the machine has ended (domains_ended). */
void sched_run(void);

/* Give a new vCPU its CPU: the one with the fewest vCPUs. It stays down and unqueued. */
void sched_add_vcpu(struct vcpu *v);
/* Forget a vCPU that does not run. */
void sched_remove_vcpu(struct vcpu *v);

/* Bring a vCPU up (VCPUOP_up, a new context) or take it down; it stops before its next entry. When the last
 * one of a domain goes down by itself (VCPUOP_down, HLT without interrupts) the domain has powered off. */
void vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);
bool vcpu_is_up(const struct vcpu *v);

/* SCHEDOP_yield: v goes to the tail of its queue. */
void vcpu_yield(struct vcpu *v);
/* SCHEDOP_block, SCHEDOP_poll, HLT: v sleeps until vcpu_wake, the time DEADLINE (absolute ns, UINT64_MAX:
 * none) or the next tick, whatever comes first. */
void vcpu_block(struct vcpu *v, uint64_t deadline);
void vcpu_wake(struct vcpu *v);
/* V looks at its pending events: it is woken when it is blocked, and leaves guest mode for a moment when it
 * runs on another CPU. Any lock that ranks before RANK_SCHED may be held. */
void vcpu_kick(struct vcpu *v);

/* Does any vCPU of d run on a CPU at this moment? */
bool sched_domain_runs(struct domain *d);
/* Nanoseconds that v has run. */
uint64_t sched_cpu_time(struct vcpu *v);
/* Its state as Xen reports it (VCPUOP_get_runstate_info), with the times up to now. */
void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *r);
/* d was paused or unpaused: what its vCPUs wait for has changed. */
void sched_domain_account(struct domain *d);
/* Nanoseconds that a CPU was idle; one that takes no vCPUs always was. */
uint64_t sched_idle_time(unsigned int cpu);

/* Who runs on this CPU, for current_vcpu: set by sched_run (and by tests that call hypercalls themselves). */
void set_current_vcpu(struct vcpu *v);
