/* SPDX-License-Identifier: MIT */
/* Address space ids: under which a CPU keeps a guest's translations in its TLB. Pure C, runs on the host. */
#pragma once

#include "svm_percpu.h"

#define MAX_ASIDS 64U /* what a CPU has beyond that is not used: all are given up at once rarely enough */

/* This CPU's, of which there are NR in hardware. The first vCPU starts with a flush. */
void asid_init(struct svm_percpu *p, uint32_t nr);

/* The vCPU has come to this CPU. */
void asid_arrive(struct arch_vcpu *v);

/* A fresh one, with whatever flush that takes; the CPU says that it uses the translations of now. */
void asid_renew(struct arch_vcpu *v, struct svm_percpu *p);

/* Debug builds, at each entry: panic when the TLB may hold what the guest must not see. */
void asid_check(const struct arch_vcpu *v);

/* Begin to use translations, before each entry; enter.asm ends it. What the vCPU's ASID carries is of
 * v->p2m_generation or younger: unless that is the domain's it gets a fresh one. */
static inline void asid_use(struct arch_vcpu *v, struct svm_percpu *p)
{
    if (unlikely(v->asid_generation != p->asid_generation) ||
        unlikely(!p2m_use(v->uses, v->domain, v->p2m_generation)))
        asid_renew(v, p);
    if (IS_DEBUG)
        asid_check(v);
}
