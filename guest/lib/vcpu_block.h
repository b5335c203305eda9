/* SPDX-License-Identifier: MIT */
/* What each vCPU of a guest program has for itself, reached through its GS base. */
#pragma once

#include "guest_smp.h"
#include <stddef.h>
#include <xen/xen.h>

struct vcpu_block {
    struct vcpu_block *self; /* at GS:0 */
    unsigned int id;
    int error;   /* errno */
    bool busy;   /* from smp_start until its entry has returned */
    char *stack; /* NULL: never started, or vCPU 0, which has start.asm's */
    void (*entry)(void *);
    void *arg;
    struct vcpu_info *info; /* own_info once the hypervisor writes there, or NULL */
    struct vcpu_info own_info __attribute__((aligned(64)));
};

extern struct vcpu_block vcpu_blocks[SMP_MAX_VCPUS];
extern bool smp_used; /* more than vCPU 0 has run, so GS bases are set */

/* Until a second vCPU is started GS belongs to the program. */
static inline struct vcpu_block *this_vcpu(void)
{
    struct vcpu_block *b = &vcpu_blocks[0];

    if (smp_used)
        __asm__ volatile("mov %%gs:0, %0" : "=r"(b));
    return b;
}

/* The own_info of the vCPU that asks, where the hypervisor writes from the first time on. NULL: it refused.
 */
struct vcpu_info *vcpu_info_register(void);

/* A lock of this library's own, which handlers of interrupts may want as well: they are off while it is held.
 * Returns what the second one needs. */
uint64_t lock_quietly(struct guest_lock *l);
void unlock_quietly(struct guest_lock *l, uint64_t flags);
