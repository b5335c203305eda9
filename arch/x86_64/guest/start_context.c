/* SPDX-License-Identifier: MIT */
/* VCPUOP_initialise: the state in which a guest starts one of its vCPUs (xen/hvm/hvm_vcpu.h). */
#include "context.h"
#include "cpu/insn.h"
#include "cpuid_policy.h"
#include "error.h"
#include "hvm/cr_rules.h"
#include "hvm/guest_bits.h"
#include "log.h"
#include <string.h>
#include <xen/hvm/hvm_vcpu.h>

#define SEG_ACCESSED 0x01U
#define SEG_PRESENT  0x80U
#define TR_BUSY      0x02U
#define LDTR_NONE    0x82U
#define CODE_64      0xa9bU
#define DATA_64      0xc93U
#define TR_64        0x8bU
#define TR_LIMIT     0x67U

/* Accessed and busy bits are what a CPU would have set when it loaded the segment. */
static uint32_t loaded(uint16_t ar, uint32_t bit)
{
    return ar & SEG_PRESENT ? ar | bit : ar;
}

static int from_32(struct hvm_hw_cpu *r, const struct vcpu_hvm_x86_32 *s)
{
    if (s->pad1 || s->pad2[0] || s->pad2[1] || s->pad2[2] ||
        ((s->cs_ar | s->ds_ar | s->ss_ar | s->es_ar | s->tr_ar) & 0xf000))
        return refuse(EINVAL, "initialise: padding or unused attribute bits are not 0");
#define GPR(name) r->r##name = s->e##name
    GPR(ax), GPR(bx), GPR(cx), GPR(dx), GPR(sp), GPR(bp), GPR(si), GPR(di), GPR(ip), GPR(flags);
#undef GPR
#define SEG(name, bit)                                                                                       \
    r->name##_base = s->name##_base, r->name##_limit = s->name##_limit,                                      \
    r->name##_arbytes = loaded(s->name##_ar, bit)
    SEG(cs, SEG_ACCESSED), SEG(ds, SEG_ACCESSED), SEG(ss, SEG_ACCESSED), SEG(es, SEG_ACCESSED),
        SEG(tr, TR_BUSY);
#undef SEG
    r->cr0 = s->cr0, r->cr3 = s->cr3, r->cr4 = s->cr4, r->msr_efer = s->efer;
    return 0;
}

static int from_64(struct hvm_hw_cpu *r, const struct vcpu_hvm_x86_64 *s)
{
#define GPR(name) r->r##name = s->r##name
    GPR(ax), GPR(bx), GPR(cx), GPR(dx), GPR(sp), GPR(bp), GPR(si), GPR(di), GPR(ip), GPR(flags);
#undef GPR
    r->cs_limit = r->ds_limit = r->ss_limit = r->es_limit = UINT32_MAX;
    r->cs_arbytes = CODE_64;
    r->ds_arbytes = r->ss_arbytes = r->es_arbytes = DATA_64;
    r->tr_limit = TR_LIMIT;
    r->tr_arbytes = TR_64;
    r->cr0 = s->cr0, r->cr3 = s->cr3, r->cr4 = s->cr4, r->msr_efer = s->efer;
    return 0;
}

int arch_vcpu_set_start(struct arch_vcpu *v, const struct vcpu_hvm_context *ctx)
{
    struct hvm_hw_cpu r = {.ldtr_arbytes = LDTR_NONE, .dr6 = GUEST_DR6_INIT, .dr7 = GUEST_DR7_INIT};
    int rc;

    if (ctx->pad || ctx->mode > VCPU_HVM_MODE_64B)
        return refuse(EINVAL, "initialise: mode %u, padding %u", ctx->mode, ctx->pad);
    rc = ctx->mode == VCPU_HVM_MODE_32B ? from_32(&r, &ctx->cpu_regs.x86_32)
                                        : from_64(&r, &ctx->cpu_regs.x86_64);
    if (rc)
        return rc;
    if ((r.msr_efer & EFER_LME) && (r.cr0 & CR0_PG)) /* a CPU sets it with paging */
        r.msr_efer |= GUEST_EFER_LMA;
    return context_to_vcpu(v, &r);
}

#define REAL_CODE  0x9bU
#define REAL_DATA  0x93U
#define REAL_LIMIT 0xffffU

void vcpu_reset(struct arch_vcpu *v, uint8_t page)
{
    static const struct vmcb_seg data = {.attr = REAL_DATA, .limit = REAL_LIMIT};
    struct vmcb *c = v->vmcb;

    c->cr0 = CR0_ET;
    c->cr2 = c->cr3 = c->cr4 = 0;
    efer_load(v, 0);
    c->ds = c->es = c->ss = c->fs = c->gs = data;
    c->cs = (struct vmcb_seg){(uint16_t)(page << 8), REAL_CODE, REAL_LIMIT, (uint64_t)page << PAGE_SHIFT};
    c->tr = (struct vmcb_seg){.attr = TR_64, .limit = REAL_LIMIT};
    c->ldtr = (struct vmcb_seg){.attr = LDTR_NONE, .limit = REAL_LIMIT};
    c->gdtr = c->idtr = (struct vmcb_seg){.limit = REAL_LIMIT};
    c->rflags = GUEST_RFLAGS_ONE;
    c->rip = c->rsp = c->rax = 0;
    c->cpl = 0;
    c->dr6 = GUEST_DR6_INIT;
    c->dr7 = GUEST_DR7_INIT;
    memset(v->dr, 0, sizeof(v->dr));
    svm_load_debug_registers(v);
    c->event_inj = 0;
    c->exit_int_info = 0;
    c->int_shadow = 0;
    v->shadow_rip = v->unread_rip = ~0UL;
    v->shadow_ignored = false;
    c->intercept &= ~INTERCEPT_IRET;
    v->regs = (struct guest_regs){.rdx = cpuid_policy(v, 1, 0).eax};
    vlapic_reset(v);
    svm_flush_guest_tlb(v);
}
