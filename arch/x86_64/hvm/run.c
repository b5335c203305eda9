/* SPDX-License-Identifier: MIT */
/* The run loop: a vCPU onto this CPU, entry, exit, entry, ... until the scheduler wants the CPU back. */
#include "cpu/insn.h"
#include "cpu/percpu.h"
#include "cpu/registers.h"
#include "error.h"
#include "guest/fpu.h"
#include "heap.h"
#include "p2m.h"
#include "svm_percpu.h"

static struct svm_percpu percpu[MAX_CPUS];

struct svm_percpu *svm_percpu(void)
{
    return &percpu[smp_processor_id()];
}

struct arch_vcpu *svm_current(void)
{
    return svm_percpu()->current;
}

int svm_percpu_init(void)
{
    struct svm_percpu *p = svm_percpu();

    p->host = alloc_xenheap_pages(0, this_cpu()->node);
    p->uses = &p2m_users[smp_processor_id()];
    p->asid_generation = 1;               /* 0 is nobody's: see svm_flush_guest_tlb */
    p->next_asid = svm_features.nr_asids; /* the first vCPU starts a generation, with a flush */
    return p->host ? 0 : -ENOMEM;
}

static void asid_assign(struct arch_vcpu *v, struct svm_percpu *p)
{
    struct vmcb *c = v->vmcb;

    c->tlb_control = 0;
    if (p->next_asid >= svm_features.nr_asids) {
        p->next_asid = 1; /* 0 is the host's */
        p->asid_generation++;
        c->tlb_control = TLB_FLUSH_ALL;
    }
    c->asid = p->next_asid++;
    v->asid_generation = p->asid_generation;
    v->asid_cpu = smp_processor_id();
}

void svm_flush_guest_tlb(struct arch_vcpu *v)
{
    v->asid_generation = 0;
}

/* Begin to use translations. What the vCPU's ASID carries is of v->p2m_generation or younger; unless that is
 * the domain's it gets a fresh one, which carries nothing, and so is of any generation until the guest runs.
 */
static void use_translations(struct arch_vcpu *v, struct svm_percpu *p)
{
    if (likely(v->asid_generation == p->asid_generation) && p2m_use(p->uses, v->domain, v->p2m_generation))
        return;
    asid_assign(v, p);
    do
        v->p2m_generation = __atomic_load_n(&v->domain->p2m_generation, __ATOMIC_ACQUIRE);
    while (!p2m_use(p->uses, v->domain, v->p2m_generation));
}

static void load_debug_registers(const uint64_t *dr)
{
    __asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
                     :
                     : "r"(dr[0]), "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static void save_debug_registers(uint64_t *dr)
{
    __asm__ volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
                     : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
}

static void vmsave(const struct vmcb *c)
{
    __asm__ volatile("vmsave %0" : : "a"(virt_to_paddr(c).v) : "memory");
}

static void enter_cpu(struct arch_vcpu *v, struct svm_percpu *p)
{
    p2m_attach(v->domain);
    p->current = v;
    if (v->asid_cpu != smp_processor_id())
        svm_flush_guest_tlb(v);
    vmsave(p->host);
    load_debug_registers(v->dr);
    fpu_load(v, p);
}

static void leave_cpu(struct arch_vcpu *v, struct svm_percpu *p)
{
    fpu_save(v, p);
    save_debug_registers(v->dr);
    p->current = NULL;
    p2m_detach(v->domain);
}

void arch_vcpu_run(struct arch_vcpu *v)
{
    struct svm_percpu *p = svm_percpu();
    uint64_t host_pa = virt_to_paddr(p->host).v;
    struct vmcb *c = v->vmcb;

    enter_cpu(v, p);
    while (!upcall_need_resched(v->vcpu)) {
        int vector = upcall_interrupt(v->vcpu);

        if (unlikely(vector >= 0))
            svm_interrupt(v, (uint8_t)vector);
        use_translations(v, p);
        v->entry = (struct entry_copy){c->rip, c->cr0, c->cr3, c->cr4, c->efer};
        c->cr4 |=
            CR4_MCE; /* else a machine check while it runs shuts the CPU down, whatever is intercepted */
        svm_enter(&v->regs, v->vmcb_pa, host_pa, &p->uses->generation);
        c->cr4 &= ~CR4_MCE;
        c->tlb_control = 0;
        c->event_inj = 0;
        svm_handle_exit(v);
        if (unlikely((c->exit_int_info & EVENT_VALID) && !(c->event_inj & EVENT_VALID)))
            svm_redeliver(v);
    }
    leave_cpu(v, p);
}
