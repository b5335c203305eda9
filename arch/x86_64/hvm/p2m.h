/* SPDX-License-Identifier: MIT */
/* Nested page tables: the part of p2m_* (arch.h) that only this architecture uses. Pure C, runs on the host.
 */
#pragma once

#include "arch.h"

/* The largest order that one entry maps: 18 (1 GiB pages), or 9 where the CPU lacks them. Set at boot. */
extern unsigned int p2m_max_order;

/* A CPU that uses translations of a domain without holding its p2m_lock: in guest mode, or by a pointer that
 * the hypervisor has kept. It says for which domain by p2m_attach, for as long as it runs a vCPU of it, and
 * each time it uses them by p2m_use. */
struct p2m_user {
    uint64_t generation; /* of the translations it uses now; 0: none */
} ALIGNED(64);
extern struct p2m_user p2m_users[MAX_CPUS];

/* This CPU is about to run vCPUs of a, or has ended to. */
void p2m_attach(struct arch_domain *a);
void p2m_detach(struct arch_domain *a);

static inline uint64_t p2m_generation(const struct arch_domain *a)
{
    return __atomic_load_n(&a->p2m_generation, __ATOMIC_SEQ_CST);
}

/* From here to p2m_use_end this CPU, attached to a, uses what it learned while p2m_generation was GENERATION.
 * False: that is out of date and must not be used, nor did it say so. It must not wait for any lock
 * meanwhile.
 *
 * p2m_flush writes the generation and then reads the users; this writes the user and then reads the
 * generation. In the one order that all four have, one of the two sees the other: either p2m_flush waits, or
 * it is false. */
static inline bool p2m_use(struct p2m_user *u, const struct arch_domain *a, uint64_t generation)
{
    __atomic_store_n(&u->generation, generation, __ATOMIC_SEQ_CST);
    return likely(p2m_generation(a) == generation);
}

/* enter.asm does this as soon as the guest has exited. */
static inline void p2m_use_end(struct p2m_user *u)
{
    __atomic_store_n(&u->generation, 0, __ATOMIC_RELEASE);
}
