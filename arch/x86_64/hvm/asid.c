/* SPDX-License-Identifier: MIT */
/* Address space ids, and a model of what each CPU's TLB may hold at worst. */
#include "asid.h"
#include <string.h>

void asid_init(struct svm_percpu *p, uint32_t nr)
{
    p->nr_asids = MIN(nr, MAX_ASIDS);
    p->asid_generation = 1; /* 0 is nobody's: see svm_flush_guest_tlb */
    p->next_asid = p->nr_asids;
}

void asid_arrive(struct arch_vcpu *v)
{
    if (v->asid_cpu != smp_processor_id())
        svm_flush_guest_tlb(v);
    v->uses = &p2m_users[smp_processor_id()];
}

void svm_flush_guest_tlb(struct arch_vcpu *v)
{
    v->asid_generation = 0;
}

static void assign(struct arch_vcpu *v, struct svm_percpu *p)
{
    struct vmcb *c = v->vmcb;

    c->tlb_control = 0;
    if (p->next_asid >= p->nr_asids) {
        p->next_asid = 1; /* 0 is the host's */
        p->asid_generation++;
        c->tlb_control = TLB_FLUSH_ALL;
    }
    c->asid = p->next_asid++;
    v->asid_generation = p->asid_generation;
    v->asid_cpu = smp_processor_id();
}

/* A fresh ASID carries nothing, and so is of any generation until the guest has run. */
void asid_renew(struct arch_vcpu *v, struct svm_percpu *p)
{
    assign(v, p);
    do
        v->p2m_generation = p2m_generation(v->domain);
    while (!p2m_use(v->uses, v->domain, v->p2m_generation));
}

/* Emulators flush too much to find a mistake by luck. So this TLB forgets nothing by itself: under an ASID it
 * keeps all that a vCPU has learned since the ASID's last flush, from the generation of that entry on. */
static struct {
    const struct arch_vcpu *vcpu; /* NULL: it holds nothing */
    uint64_t generation;
} tlb[MAX_CPUS][MAX_ASIDS];

void asid_check(const struct arch_vcpu *v)
{
    const unsigned int cpu = smp_processor_id();
    const struct vmcb *c = v->vmcb;
    uint64_t uses = READ_ONCE(p2m_users[cpu].generation);

    if (!IS_DEBUG)
        return;
    BUG_ON(c->asid == 0 || c->asid >= MAX_ASIDS);
    if (c->tlb_control == TLB_FLUSH_ALL)
        memset(tlb[cpu], 0, sizeof(tlb[cpu]));
    if (!tlb[cpu][c->asid].vcpu) {
        tlb[cpu][c->asid].vcpu = v;
        tlb[cpu][c->asid].generation = uses;
    }
    if (tlb[cpu][c->asid].vcpu != v || tlb[cpu][c->asid].generation != uses)
        panic("TLB: ASID %u holds generation %lu, the guest enters with %lu", c->asid,
              tlb[cpu][c->asid].generation, uses);
}
