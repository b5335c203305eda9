/* SPDX-License-Identifier: MIT */
/* Writes to CR0, CR4, XCR0 and EFER: what the guest's CPU would not take gets #GP instead of an invalid VMCB.
 */
#include "cr_rules.h"
#include "error.h"
#include "exits.h"
#include "guest/cpuid_policy.h"
#include "guest/fpu.h"
#include "guest_bits.h"
#include "insn_decode.h"

bool cr0_is_valid(uint64_t cr0)
{
    return cr0 >> 32 == 0 && !((cr0 & CR0_PG) && !(cr0 & CR0_PE)) &&
           !((cr0 & GUEST_CR0_NW) && !(cr0 & GUEST_CR0_CD));
}

bool cr4_is_valid(uint64_t cr4)
{
    return !(cr4 & ~cpuid_policy_cr4());
}

bool efer_is_valid(uint64_t efer)
{
    return !(efer & ~GUEST_EFER_ALL);
}

bool mode_is_valid(uint64_t cr0, uint64_t cr4, uint64_t efer, uint16_t cs)
{
    bool active = (cr0 & CR0_PG) && (efer & EFER_LME);

    if (!!(efer & GUEST_EFER_LMA) != active)
        return false;
    if (!active)
        return !(cr4 & GUEST_CR4_PCIDE);
    return (cr4 & CR4_PAE) && (cs & (SEG_L | SEG_D)) != (SEG_L | SEG_D);
}

uint64_t efer_read(const struct arch_vcpu *v)
{
    return (v->vmcb->efer & ~(GUEST_EFER_SVME | EFER_LME)) | (v->lme ? EFER_LME : 0);
}

void efer_load(struct arch_vcpu *v, uint64_t efer)
{
    struct vmcb *c = v->vmcb;

    v->lme = efer & EFER_LME;
    c->efer = (c->cr0 & CR0_PG ? efer : efer & ~EFER_LME) | GUEST_EFER_SVME;
}

/* AMD64 APM volume 2, 3.1.7: LME cannot change under paging; LMA belongs to the CPU. */
int efer_write(struct arch_vcpu *v, uint64_t value)
{
    uint64_t old = efer_read(v);

    if (!efer_is_valid(value) || (((value ^ old) & EFER_LME) && (v->vmcb->cr0 & CR0_PG)))
        return -EINVAL;
    efer_load(v, (value & ~GUEST_EFER_LMA) | (old & GUEST_EFER_LMA));
    svm_flush_guest_tlb(v);
    return 0;
}

/* Paging goes on or off: long mode becomes active or ends with it (APM volume 2, 14.6.1). */
static int cr0_write(struct arch_vcpu *v, uint64_t value)
{
    struct vmcb *c = v->vmcb;
    uint64_t efer = efer_read(v) & ~GUEST_EFER_LMA;

    if (!cr0_is_valid(value))
        return -EINVAL;
    value = (value & GUEST_CR0_ALL) | CR0_ET;
    if ((value & CR0_PG) && (efer & EFER_LME))
        efer |= GUEST_EFER_LMA;
    if (!mode_is_valid(value, c->cr4, efer, c->cs.attr))
        return -EINVAL;
    /* 64-bit code can neither leave paging nor be there when it starts. */
    if (((value ^ c->cr0) & CR0_PG) && (c->cs.attr & SEG_L) && (efer & EFER_LME))
        return -EINVAL;
    c->cr0 = value;
    efer_load(v, efer);
    svm_flush_guest_tlb(v);
    return 0;
}

static int cr4_write(struct arch_vcpu *v, uint64_t value)
{
    struct vmcb *c = v->vmcb;

    if (!cr4_is_valid(value) || !mode_is_valid(c->cr0, value, efer_read(v), c->cs.attr))
        return -EINVAL;
    if ((value & ~c->cr4 & GUEST_CR4_PCIDE) && (c->cr3 & 0xfff))
        return -EINVAL;
    c->cr4 = value;
    svm_flush_guest_tlb(v);
    return 0;
}

#define MOV_FROM_CR 0x20
#define MOV_TO_CR   0x22

/* MOV reg, CRn: 0F 20 /n; MOV CRn, reg: 0F 22 /n. The register, or NULL when the instruction is another. */
static uint64_t *decode_mov_cr(struct arch_vcpu *v, const struct insn *i, uint8_t mov, unsigned int cr)
{
    const uint8_t *op = i->bytes + i->prefixes;

    if (i->available < i->prefixes + 3 || op[0] != 0x0f || op[1] != mov || ((op[2] >> 3) & 7) != cr)
        return NULL;
    return guest_gpr(v, (op[2] & 7) | (i->rex & 1) << 3);
}

/* LMSW reg: 0F 01 /6 with a register; sets the low four bits of CR0, but never clears PE. */
static bool decode_lmsw(struct arch_vcpu *v, const struct insn *i, uint64_t *value)
{
    const uint8_t *op = i->bytes + i->prefixes;

    if (i->available < i->prefixes + 3 || op[0] != 0x0f || op[1] != 0x01 || (op[2] & 0xf8) != 0xf0)
        return false;
    *value = *guest_gpr(v, (op[2] & 7) | (i->rex & 1) << 3) & 0xf;
    *value |= v->vmcb->cr0 & (~0xfUL | CR0_PE);
    return true;
}

static void finish(struct arch_vcpu *v, const struct insn *i, int rc)
{
    if (rc)
        svm_inject_error(v, X_GP, 0);
    else
        insn_skip(v, i->prefixes + 3U);
}

static uint64_t operand(const struct arch_vcpu *v, const uint64_t *reg)
{
    return in_long_mode(v->vmcb) ? *reg : (uint32_t)*reg;
}

void exit_cr0(struct arch_vcpu *v)
{
    const uint64_t *reg = NULL;
    uint64_t value = 0;
    struct insn i;

    if (insn_fetch(v, &i))
        reg = decode_mov_cr(v, &i, MOV_TO_CR, 0);
    if (reg)
        value = operand(v, reg);
    if (reg || decode_lmsw(v, &i, &value))
        finish(v, &i, cr0_write(v, value));
    else
        svm_inject(v, X_UD); /* LMSW from memory: a 286's instruction that nothing uses */
}

/* While it runs it has MCE, which it does not know (run.c). */
void exit_cr4_read(struct arch_vcpu *v)
{
    uint64_t *reg = NULL;
    struct insn i;

    if (insn_fetch(v, &i))
        reg = decode_mov_cr(v, &i, MOV_FROM_CR, 4);
    if (reg)
        *reg = v->vmcb->cr4;
    finish(v, &i, reg ? 0 : -EINVAL);
}

void exit_cr4(struct arch_vcpu *v)
{
    const uint64_t *reg = NULL;
    struct insn i;

    if (insn_fetch(v, &i))
        reg = decode_mov_cr(v, &i, MOV_TO_CR, 4);
    finish(v, &i, reg ? cr4_write(v, operand(v, reg)) : -EINVAL);
}

/* An interrupt waits for this; the entry that follows looks at it. */
void exit_cr8(struct arch_vcpu *v)
{
    const uint64_t *reg = NULL;
    struct insn i;

    if (insn_fetch(v, &i))
        reg = decode_mov_cr(v, &i, MOV_TO_CR, 0);
    if (!reg || *reg > 0xf) {
        svm_inject_error(v, X_GP, 0);
        return;
    }
    vlapic_write_tpr(v, (uint32_t)*reg << 4);
    insn_skip(v, i.prefixes + 3U);
}

void exit_xsetbv(struct arch_vcpu *v)
{
    uint64_t value = v->regs.rdx << 32 | (uint32_t)v->vmcb->rax;
    unsigned int length = insn_length(v, OP_XSETBV);

    if (!(v->vmcb->cr4 & CR4_OSXSAVE))
        svm_inject(v, X_UD);
    else if (!length || v->vmcb->cpl || (uint32_t)v->regs.rcx || fpu_set_xcr0(value))
        svm_inject_error(v, X_GP, 0);
    else
        insn_skip(v, length);
}
