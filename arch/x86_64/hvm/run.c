/* SPDX-License-Identifier: MIT */
/* The run loop: a vCPU onto this CPU, entry, exit, entry, ... until the scheduler wants the CPU back. */
#include "asid.h"
#include "cpu/insn.h"
#include "cpu/percpu.h"
#include "cpu/registers.h"
#include "error.h"
#include "guest/fpu.h"
#include "heap.h"

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
    asid_init(p, svm_features.nr_asids);
    return p->host ? 0 : -ENOMEM;
}

void svm_load_debug_registers(const struct arch_vcpu *v)
{
    const uint64_t *dr = v->dr;

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
    asid_arrive(v);
    vmsave(p->host);
    svm_load_debug_registers(v);
    fpu_load(v, p);
    svm_guard_interrupt(v); /* from a context, or from its last turn */
    upcall_switch(v->vcpu, false);
}

static void leave_cpu(struct arch_vcpu *v, struct svm_percpu *p)
{
    upcall_switch(v->vcpu, true);
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
        int vector;

        /* As in Xen: NMIs, the event callback, the local APIC's vectors. */
        if (unlikely(READ_ONCE(v->lapic.requests) & ~VLAPIC_IRR_SET) && !vlapic_attend(v))
            continue;
        vector = upcall_interrupt(v->vcpu);
        if (unlikely(vector >= 0))
            svm_interrupt(v, (uint8_t)vector);
        if (unlikely(READ_ONCE(v->lapic.requests) & VLAPIC_IRR_SET))
            vlapic_deliver(v);
        asid_use(v, p);
        v->entry = (struct entry_copy){c->rip, c->cr0, c->cr3, c->cr4, c->efer};
        c->cr4 |=
            CR4_MCE; /* else a machine check while it runs shuts the CPU down, whatever is intercepted */
        svm_enter(&v->regs, v->vmcb_pa, host_pa, &v->uses->generation);
        c->cr4 &= ~CR4_MCE;
        c->tlb_control = 0;
        svm_entered(v);
        svm_handle_exit(v);
        if (unlikely((c->exit_int_info & EVENT_VALID) && !(c->event_inj & EVENT_VALID)))
            svm_redeliver(v);
    }
    leave_cpu(v, p);
}
