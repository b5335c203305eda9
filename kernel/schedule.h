/* SPDX-License-Identifier: MIT */
/* The scheduler: on each CPU a queue of vCPUs that take turns of 10 ms.
 *
 * Who may change what. A vCPU belongs to one CPU's queue, whether it waits there, runs there, or sleeps
 * (v->cpu). Its state is guarded by that queue's lock: take it by queue_lock, which looks again whether V has
 * moved. Nobody holds two queues' locks.
 *  - A vCPU that runs is moved by its own CPU alone, and counts as running from the moment that it leaves a
 * queue until it has arrived on the next: sched_domain_runs and sched_remove_vcpu cannot miss it on its way.
 *  - One that does not run is moved by anybody under the lock of the queue that it leaves.
 *  - Whoever changes what V may do (v->state under the lock; the domain's pause, shutdown, death without)
 * calls vcpu_reconsider afterwards. A CPU decides under the lock who runs, so either it sees the change, or V
 * is seen running: then `resched` is set and the CPU is kicked. Who waits for it to leave kicks again now and
 * then.
 *  - A sleeper marks itself as blocked and looks for events then; who sends one marks it as pending and looks
 * for a sleeper then (vcpu_kick): one of them sees the other. */
#pragma once

#include "domain.h"

#define SCHED_SLICE_NS 10000000UL

/* CPUs without work scrub free memory: yes unless the configuration says no. */
extern bool sched_idle_scrub;

/* Make this CPU one that takes vCPUs. Called once on each CPU before sched_run, and on the boot CPU before
 * there are others, vCPUs, or timers. */
void sched_init_cpu(void);
/* Run vCPUs on this CPU; returns when the machine has ended (domains_ended). */
void sched_run(void);

/* The CPU for a new vCPU of d: on its domain's nodes, the one with the least to do. */
unsigned int sched_new_cpu(struct domain *d);
/* Make a vCPU known, down, with all CPUs as its affinities. */
void sched_add_vcpu(struct vcpu *v, unsigned int cpu);
/* Forget a vCPU that does not run. No lock that its timers' functions take is held. */
void sched_remove_vcpu(struct vcpu *v);

/* Bring a vCPU up (VCPUOP_up, a new context) or take it down; when it runs elsewhere it leaves guest mode
 * soon. When the last one of a domain goes down (VCPUOP_down, HLT without interrupts) the domain has powered
 * off. */
void vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);
bool vcpu_is_up(const struct vcpu *v);
/* V may have an NMI to take: if it is down by HLT, that brings it up. True: it has. */
bool vcpu_nmi(struct vcpu *v);

/* SCHEDOP_yield, by V itself: it gives up the rest of its slice. */
void vcpu_yield(struct vcpu *v);
/* SCHEDOP_block, SCHEDOP_poll, HLT, by V itself: it sleeps until vcpu_wake, vcpu_kick, or DEADLINE (absolute
 * ns, TIMER_NEVER: none); not at all when an event is pending. Who waits for something else looks for it
 * after the call and wakes V himself if it is there. */
void vcpu_block(struct vcpu *v, uint64_t deadline);
void vcpu_wake(struct vcpu *v);
/* V looks at its pending events: it is woken when it is blocked, and leaves guest mode for a moment when it
 * runs on another CPU. Any lock that ranks before RANK_SCHED may be held. */
void vcpu_kick(struct vcpu *v);
/* Something has changed of what decides whether and where V runs: act on it. */
void vcpu_reconsider(struct vcpu *v);

/* Does any vCPU of d run on a CPU at this moment? */
bool sched_domain_runs(struct domain *d);
/* d was paused, unpaused, shut down or killed: vcpu_reconsider for all its vCPUs. */
void sched_domain_changed(struct domain *d);

/* Nanoseconds that v has run. */
uint64_t sched_cpu_time(struct vcpu *v);
/* Its state as Xen reports it (VCPUOP_get_runstate_info), with the times up to now. */
void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *r);
/* As it is with V on a CPU; or as it will be when V LEAVES it, which it is about to do. */
void sched_runstate_switch(struct vcpu *v, bool leaves, struct vcpu_runstate_info *r);
/* Nanoseconds that a CPU was idle; one that takes no vCPUs always was. */
uint64_t sched_idle_time(unsigned int cpu);

/* Who runs on this CPU, for current_vcpu: set by sched_run (and by tests that call hypercalls themselves). */
void set_current_vcpu(struct vcpu *v);
