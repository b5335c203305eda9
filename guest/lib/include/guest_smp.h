/* SPDX-License-Identifier: MIT */
/* Several vCPUs in one guest program: start them, tell them apart, keep them out of each other's way.
 *
 * printf, malloc, errno and the xc_* functions are good for all vCPUs at once, each with an xc_interface of
 * its own. A program that starts no second vCPU pays nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SMP_MAX_VCPUS 64U
#define SMP_STACK     (60UL << 10) /* bytes; the page below is not mapped */

/* How many this domain has, up or down, SMP_MAX_VCPUS at most: ids are 0 to smp_vcpus() - 1. */
unsigned int smp_vcpus(void);

/* Run ENTRY(ARG) on VCPU, with a stack of its own. When ENTRY returns the vCPU goes down and may be started
 * again. 0, or -1 with errno: EINVAL for one's own, ENOENT: there is no such vCPU, EBUSY: ENTRY of an earlier
 * start has not returned, ENOMEM, or why VCPUOP_initialise refused (EEXIST: somebody else has done it). */
int smp_start(unsigned int vcpu, void (*entry)(void *), void *arg);

/* ENTRY(ARG) on vCPUs 0 to NR - 1, the caller being vCPU 0; returns when it has returned everywhere. -1 with
 * errno as for smp_start, and then it has run on those below the one that did not start, not on 0. */
int smp_run(unsigned int nr, void (*entry)(void *), void *arg);

/* Has ENTRY returned, and is VCPU down? */
bool smp_is_done(unsigned int vcpu);
/* Wait for that. */
void smp_join(unsigned int vcpu);

/* The vCPU that asks. */
unsigned int smp_id(void);

/* In a loop that waits for another vCPU. */
void smp_pause(void);

/* Wait N times (1, 2, 3, ...) in a loop that waits for another vCPU: pauses, and now and then gives the CPU
 * away, because there may be more vCPUs than CPUs and the one waited for may not run. */
void smp_wait(unsigned int n);

/* Held by one vCPU, waiters in no order. {0} is free. An interrupt handler that takes a lock deadlocks with
 * the code that it interrupts if that holds it. */
struct guest_lock {
    bool held;
};
void guest_lock(struct guest_lock *l);
bool guest_trylock(struct guest_lock *l); /* was it free? then it is held now */
void guest_unlock(struct guest_lock *l);

/* Where N vCPUs wait for each other, again and again. */
struct smp_barrier {
    unsigned int n, arrived, round;
};
void smp_barrier_init(struct smp_barrier *b, unsigned int n);
void smp_barrier_wait(struct smp_barrier *b);

/* Nanoseconds since the machine started, by Xen's pvclock and as it is: nothing here makes it monotonic. 0:
 * the hypervisor gives no time. The first call on a vCPU registers its vcpu_info. */
uint64_t guest_now(void);
