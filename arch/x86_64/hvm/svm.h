/* SPDX-License-Identifier: MIT */
/* SVM: a vCPU's state, and what exit handlers share. */
#pragma once

#include "arch.h"
#include "guest/vlapic.h"
#include "guest/walk.h"
#include "vmcb.h"

/* Guest registers that VMRUN does not switch; rax and rsp are in the VMCB. enter.asm knows this order. */
struct guest_regs {
    uint64_t rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* Where the guest's instruction bytes were found last: see insn.c. */
struct insn_cache {
    uint64_t page, cr3, generation; /* linear page address; valid for this root and this state of the p2m */
    const uint8_t *bytes;           /* NULL: nothing cached */
};

/* QEMU overwrites the save area on EXIT_INVALID: what a crash report needs, from before the entry. */
struct entry_copy {
    uint64_t rip, cr0, cr3, cr4, efer;
};

struct arch_vcpu {
    struct guest_regs regs;
    struct vmcb *vmcb;
    uint64_t vmcb_pa;
    struct vcpu *vcpu;
    struct arch_domain *domain;
    unsigned int id;

    uint64_t p2m_generation; /* what its ASID carries is not older than this */
    uint64_t asid_generation;
    unsigned int asid_cpu;
    struct p2m_user *uses; /* of the CPU that it is on (p2m.h) */

    bool lme; /* the guest's EFER.LME, see cr_rules.h */

    struct insn_cache insn;
    struct known_walk known[KNOWN_WALKS]; /* of the guest's own page tables */

    void *fpu; /* XSAVE image; up to date whenever the vCPU is not inside arch_vcpu_run */
    uint64_t xcr0;
    unsigned int fpu_cpu; /* CPU whose registers hold this image if its fpu_owner says so, too */
    uint64_t dr[4];

    struct vlapic lapic;

    struct entry_copy entry;

    uint64_t shadow_rip; /* where the guest was in an interrupt shadow when a window was opened, else ~0 */
    uint64_t unread_rip; /* where an instruction could not be read at the last exit for it, else ~0 */
    bool shadow_ignored; /* the CPU had no regard for that: the next entry goes without a window */

    uint64_t exits[ARCH_EXIT_KINDS]; /* by code, the last two: nested page faults and what has no handler */
};
_Static_assert(sizeof(struct arch_vcpu) <= PAGE_SIZE, "struct arch_vcpu fits one page");

/* What this CPU offers, found at boot; the same on all CPUs. */
struct svm_features {
    bool nrip;               /* the VMCB's next_rip tells where the instruction ends */
    bool repeats_interrupts; /* the CPU may deliver an injected interrupt twice, unless the guest exits at
                                once */
    uint32_t nr_asids;
    uint64_t iopm, msrpm; /* physical addresses of the maps that intercept everything */
};
extern struct svm_features svm_features;

/* Enable SVM on this CPU. Needs the heap, and this CPU's GS base, TR and page tables in their final form.
 * -ENODEV with a message when CPU or firmware do not allow it, -ENOMEM. */
int svm_cpu_init(void);

/* DR0 to DR3 of this CPU become the vCPU's, which is about to run here or inside arch_vcpu_run. */
void svm_load_debug_registers(const struct arch_vcpu *v);

/* The vCPU inside arch_vcpu_run on this CPU, NULL outside of it. */
struct arch_vcpu *svm_current(void);

/* enter.asm: run the guest until its next exit, then end the use of its translations (*uses, p2m.h). Pending
 * host interrupts are taken before it returns. */
void svm_enter(struct guest_regs *regs, uint64_t vmcb_pa, uint64_t host_vmcb_pa, uint64_t *uses);

/* Give the vCPU a fresh ASID on this CPU: nothing cached about its memory survives. Before the next entry. */
void svm_flush_guest_tlb(struct arch_vcpu *v);

/* Handle the exit in the VMCB. */
void svm_handle_exit(struct arch_vcpu *v);

/* ---- Events (event.c) ---- */

enum guest_exception {
    X_DB = 1,
    X_NMI = 2,
    X_BP = 3,
    X_OF = 4,
    X_UD = 6,
    X_GP = 13,
    X_PF = 14,
    X_AC = 17,
    X_MC = 18
};

/* The next entry delivers this exception, before the instruction at rip. */
void svm_inject(struct arch_vcpu *v, enum guest_exception vector); /* without an error code */
void svm_inject_error(struct arch_vcpu *v, enum guest_exception vector, uint32_t error);
void svm_inject_pf(struct arch_vcpu *v, uint64_t address, uint32_t error);
/* An interrupt is about to be delivered: keep the CPU from delivering it twice. Interrupts are off from here
 * to the entry; who lets them in between says it again. */
void svm_guard_interrupt(const struct arch_vcpu *v);
/* An event whose delivery the exit interrupted is delivered again. */
void svm_redeliver(struct arch_vcpu *v);
/* The next entry delivers this interrupt if the guest can take it: true. Else the guest exits as soon as it
 * can. */
bool svm_interrupt(struct arch_vcpu *v, uint8_t vector);
/* The next entry delivers an NMI, and the guest's next IRET exits: true. If another event comes first the
 * guest exits when that is delivered. */
bool svm_inject_nmi(struct arch_vcpu *v);
/* The guest exits as soon as it could take an interrupt. */
void svm_open_window(struct arch_vcpu *v);
/* Writes to CR8 exit, or do not. */
void svm_intercept_cr8(struct arch_vcpu *v, bool exits);
/* The exit of a window. */
void svm_interrupt_window(struct arch_vcpu *v);
/* The guest has been entered: what was for that entry alone is over. */
static inline void svm_entered(struct arch_vcpu *v)
{
    v->vmcb->event_inj = 0;
    v->shadow_ignored = false;
}

/* 64-bit mode, as opposed to compatibility mode and all older ones. */
static inline bool in_long_mode(const struct vmcb *c)
{
    return (c->efer & (1UL << 10)) && (c->cs.attr & SEG_L);
}
