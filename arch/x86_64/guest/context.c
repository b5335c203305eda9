/* SPDX-License-Identifier: MIT */
/* The CPU record of XEN_DOMCTL_{get,set}hvmcontext (xen/arch-x86/hvm/save.h), checked before it is believed.
 */
#include "context.h"
#include "cpu/insn.h"
#include "error.h"
#include "fpu.h"
#include "hvm/cr_rules.h"
#include "hvm/guest_bits.h"
#include "log.h"
#include <string.h>

/* Record and VMCB by name; the TSC is not among them, guests see the host's. */
#define FOR_EACH_SEGMENT(x) x(cs) x(ds) x(es) x(fs) x(gs) x(ss) x(tr) x(ldtr)
#define FOR_EACH_TABLE(x)   x(gdtr) x(idtr)
#define FOR_EACH_GPR(x)                                                                                      \
    x(rbx) x(rcx) x(rdx) x(rbp) x(rsi) x(rdi) x(r8) x(r9) x(r10) x(r11) x(r12) x(r13) x(r14) x(r15)
#define FOR_EACH_VMCB(x)                                                                                     \
    x(rax) x(rsp) x(rip) x(rflags) x(cr2) x(cr3) x(cr4) x(dr6) x(dr7) x(sysenter_cs) x(sysenter_esp)         \
        x(sysenter_eip)

void context_from_vcpu(const struct arch_vcpu *v, struct hvm_hw_cpu *r)
{
    const struct vmcb *c = v->vmcb;

    *r = (struct hvm_hw_cpu){.flags = XEN_X86_FPU_INITIALISED};
    fpu_get_image(v, r->fpu_regs);
#define GET(f) r->f = v->regs.f;
    FOR_EACH_GPR(GET)
#undef GET
#define GET(f) r->f = c->f;
    FOR_EACH_VMCB(GET)
#undef GET
#define GET(s)                                                                                               \
    r->s##_sel = c->s.selector, r->s##_limit = c->s.limit, r->s##_base = c->s.base,                          \
    r->s##_arbytes = c->s.attr;
    FOR_EACH_SEGMENT(GET)
#undef GET
#define GET(s) r->s##_limit = c->s.limit, r->s##_base = c->s.base;
    FOR_EACH_TABLE(GET)
#undef GET
    r->cr0 = c->cr0;
    r->dr0 = v->dr[0], r->dr1 = v->dr[1], r->dr2 = v->dr[2], r->dr3 = v->dr[3];
    r->shadow_gs = c->kernel_gs_base;
    r->msr_lstar = c->lstar, r->msr_star = c->star, r->msr_cstar = c->cstar, r->msr_syscall_mask = c->sfmask;
    r->msr_efer = efer_read(v);
    r->tsc = rdtsc();
    if (c->event_inj & EVENT_VALID)
        r->pending_event = c->event_inj, r->error_code = c->event_inj_error;
}

static int check_control(const struct hvm_hw_cpu *r)
{
    if (!cr0_is_valid(r->cr0) || (r->cr0 & ~GUEST_CR0_ALL))
        return refuse(EINVAL, "context: CR0 %#lx", r->cr0);
    if (!cr4_is_valid(r->cr4))
        return refuse(EINVAL, "context: CR4 %#lx", r->cr4);
    if (!efer_is_valid(r->msr_efer))
        return refuse(EINVAL, "context: EFER %#lx", r->msr_efer);
    if (!mode_is_valid(r->cr0, r->cr4, r->msr_efer, (uint16_t)r->cs_arbytes))
        return refuse(EINVAL, "context: CR0 %#lx, CR4 %#lx, EFER %#lx do not fit together", r->cr0, r->cr4,
                      r->msr_efer);
    if (r->cr3 >> 52 || (!(r->msr_efer & GUEST_EFER_LMA) && r->cr3 >> 32))
        return refuse(EINVAL, "context: CR3 %#lx", r->cr3);
    if (r->dr6 >> 32 || r->dr7 >> 32)
        return refuse(EINVAL, "context: DR6 %#lx, DR7 %#lx", r->dr6, r->dr7);
    if ((r->rflags & ~GUEST_RFLAGS_ALL) || ((r->rflags & GUEST_RFLAGS_VM) && (r->msr_efer & GUEST_EFER_LMA)))
        return refuse(EINVAL, "context: RFLAGS %#lx", r->rflags);
    return 0;
}

static int check_addresses(const struct hvm_hw_cpu *r)
{
    const uint64_t addresses[] = {r->fs_base,   r->gs_base,      r->shadow_gs,   r->tr_base,
                                  r->ldtr_base, r->gdtr_base,    r->idtr_base,   r->msr_lstar,
                                  r->msr_cstar, r->sysenter_esp, r->sysenter_eip};

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++)
        if (!is_canonical(addresses[i]))
            return refuse(EINVAL, "context: base or entry address %#lx is not canonical", addresses[i]);
    if (((r->cs_base | r->ds_base | r->es_base | r->ss_base) >> 32))
        return refuse(EINVAL, "context: a base of CS, DS, ES or SS is beyond 4 GiB");
    if ((r->cs_arbytes & 0x98) != 0x98 && (r->cr0 & CR0_PE) && !(r->rflags & GUEST_RFLAGS_VM))
        return refuse(EINVAL, "context: CS attributes %#x are no present code segment", r->cs_arbytes);
    return 0;
}

/* Interrupts and exceptions can be pending, NMIs too; what the CPU refuses to deliver cannot. */
static int check_event(const struct hvm_hw_cpu *r)
{
    uint32_t type = r->pending_event & EVENT_TYPE, vector = r->pending_event & EVENT_VECTOR;

    if (!(r->pending_event & EVENT_VALID))
        return 0;
    if (r->pending_reserved || (type != EVENT_INTR && type != EVENT_NMI && type != EVENT_EXCEPTION) ||
        (type == EVENT_EXCEPTION && (vector >= 31 || vector == 2)))
        return refuse(EINVAL, "context: pending event %#x", r->pending_event);
    return 0;
}

static void apply(struct arch_vcpu *v, const struct hvm_hw_cpu *r)
{
    struct vmcb *c = v->vmcb;

#define SET(f) v->regs.f = r->f;
    FOR_EACH_GPR(SET)
#undef SET
#define SET(f) c->f = r->f;
    FOR_EACH_VMCB(SET)
#undef SET
#define SET(s)                                                                                               \
    c->s = (struct vmcb_seg){(uint16_t)r->s##_sel, (uint16_t)(r->s##_arbytes & 0xfff), r->s##_limit,         \
                             r->s##_base};
    FOR_EACH_SEGMENT(SET)
#undef SET
#define SET(s) c->s = (struct vmcb_seg){0, 0, r->s##_limit, r->s##_base};
    FOR_EACH_TABLE(SET)
#undef SET
    c->cr0 = r->cr0 | CR0_ET;
    c->rflags |= GUEST_RFLAGS_ONE;
    c->cpl = (c->ss.attr >> 5) & 3;
    v->dr[0] = r->dr0, v->dr[1] = r->dr1, v->dr[2] = r->dr2, v->dr[3] = r->dr3;
    c->kernel_gs_base = r->shadow_gs;
    c->lstar = r->msr_lstar, c->star = r->msr_star, c->cstar = r->msr_cstar, c->sfmask = r->msr_syscall_mask;
    efer_load(v, r->msr_efer);
    c->event_inj = r->pending_event & EVENT_VALID ? r->pending_event : 0;
    c->event_inj_error = r->error_code;
    c->exit_int_info = 0;
    c->int_shadow = 0;
    v->shadow_rip = v->unread_rip = ~0UL;
    v->shadow_ignored = false;
}

int context_check(const struct hvm_hw_cpu *r)
{
    int rc = check_control(r);

    if (rc == 0)
        rc = check_addresses(r);
    if (rc == 0)
        rc = check_event(r);
    if (rc == 0 && (r->flags & XEN_X86_FPU_INITIALISED))
        rc = fpu_check_image(r->fpu_regs);
    return rc;
}

int context_to_vcpu(struct arch_vcpu *v, const struct hvm_hw_cpu *r)
{
    int rc = context_check(r);

    if (rc)
        return rc;
    if (r->flags & XEN_X86_FPU_INITIALISED)
        fpu_set_image(v, r->fpu_regs);
    apply(v, r);
    vlapic_started(v);
    svm_flush_guest_tlb(v);
    return 0;
}
