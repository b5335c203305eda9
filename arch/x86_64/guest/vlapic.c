/* SPDX-License-Identifier: MIT */
/* The local APIC's priorities and its mode: from IRR to ISR to EOI. */
#include "context.h"
#include "cpu/registers.h"
#include "error.h"
#include "hvm/svm.h"
#include "pvh.h"

#define VERSION       0x00050014U /* six entries in the local vector table */
#define APIC_BASE_BSP (1UL << 8)
#define APIC_BASE_ALL (APIC_BASE_ADDR | APIC_BASE_ENABLE | APIC_BASE_X2APIC | APIC_BASE_BSP)
#define V_TPR         0xfU /* of int_ctl: bits 4 to 7 of TPR, which CR8 shows, too */
#define NONE          (-1)

/* ---- vectors ---- */

static int highest(const uint32_t *bits)
{
    for (int i = 7; i >= 0; i--) {
        uint32_t word = READ_ONCE(bits[i]);

        if (word)
            return i * 32 + 31 - __builtin_clz(word);
    }
    return NONE;
}

static void set_bit(uint32_t *bits, uint8_t vector)
{
    __atomic_fetch_or(&bits[vector / 32], 1U << vector % 32, __ATOMIC_SEQ_CST);
}

static void clear_bit(uint32_t *bits, unsigned int vector)
{
    __atomic_fetch_and(&bits[vector / 32], ~(1U << vector % 32), __ATOMIC_SEQ_CST);
}

void vlapic_request(struct arch_vcpu *v, uint32_t request)
{
    __atomic_fetch_or(&v->lapic.requests, request, __ATOMIC_SEQ_CST);
}

void vlapic_accept(struct arch_vcpu *v, uint8_t vector)
{
    set_bit(v->lapic.reg + VLAPIC_IRR, vector);
    vlapic_request(v, VLAPIC_IRR_SET);
}

void arch_vcpu_interrupt(struct arch_vcpu *v, uint8_t vector)
{
    vlapic_accept(v, vector);
}

/* ---- in service: the vCPU's own ---- */

static int in_service(const struct vlapic *l)
{
    int i;

    if (!l->in_service)
        return NONE;
    i = 31 - __builtin_clz(l->in_service);
    return i * 32 + 31 - __builtin_clz(l->reg[VLAPIC_ISR + i]);
}

static void begin_service(struct vlapic *l, unsigned int vector)
{
    l->reg[VLAPIC_ISR + vector / 32] |= 1U << vector % 32;
    l->in_service |= (uint8_t)(1U << vector / 32);
}

void vlapic_eoi(struct arch_vcpu *v)
{
    struct vlapic *l = &v->lapic;
    int vector = in_service(l);

    if (vector == NONE)
        return;
    l->reg[VLAPIC_ISR + vector / 32] &= ~(1U << vector % 32);
    if (!l->reg[VLAPIC_ISR + vector / 32])
        l->in_service &= (uint8_t) ~(1U << vector / 32);
}

/* ---- priorities ---- */

/* The guest may have written CR8, which changes the upper half alone. */
uint32_t vlapic_tpr(const struct arch_vcpu *v)
{
    uint32_t class = v->vmcb->int_ctl & V_TPR, tpr = v->lapic.reg[VLAPIC_TPR];

    return tpr >> 4 == class ? tpr : class << 4;
}

void vlapic_write_tpr(struct arch_vcpu *v, uint32_t tpr)
{
    v->lapic.reg[VLAPIC_TPR] = tpr;
    v->vmcb->int_ctl = (v->vmcb->int_ctl & ~V_TPR) | tpr >> 4;
}

static uint32_t ppr(const struct arch_vcpu *v, uint32_t tpr)
{
    int vector = in_service(&v->lapic);
    uint32_t class = vector == NONE ? 0 : (uint32_t)vector & 0xf0;

    return (tpr & 0xf0) >= class ? tpr : class;
}

uint32_t vlapic_ppr(const struct arch_vcpu *v)
{
    return ppr(v, vlapic_tpr(v));
}

/* Software can keep it from giving anything to the CPU. */
bool arch_vcpu_apic_is_on(const struct arch_vcpu *v)
{
    return (v->lapic.base & APIC_BASE_ENABLE) && (v->lapic.reg[VLAPIC_SVR] & VLAPIC_SVR_ENABLE);
}

static int candidate(const struct arch_vcpu *v)
{
    return arch_vcpu_apic_is_on(v) ? highest(v->lapic.reg + VLAPIC_IRR) : NONE;
}

static bool passes(int vector, uint32_t priority)
{
    return vector >> 4 > (int)(priority >> 4);
}

int vlapic_deliverable(const struct arch_vcpu *v)
{
    int vector = candidate(v);

    return passes(vector, vlapic_ppr(v)) ? vector : NONE;
}

/* Only CR8 holds it back: that is written without an exit, unless we ask for one. */
static bool waits_for_cr8(const struct arch_vcpu *v, int vector)
{
    return vector != NONE && !passes(vector, vlapic_ppr(v)) && passes(vector, ppr(v, 0));
}

void vlapic_deliver(struct arch_vcpu *v)
{
    struct vlapic *l = &v->lapic;
    int vector;

    __atomic_fetch_and(&l->requests, ~VLAPIC_IRR_SET, __ATOMIC_SEQ_CST); /* and then look */
    vector = vlapic_deliverable(v);
    if (vector != NONE && svm_interrupt(v, (uint8_t)vector)) {
        begin_service(l, (unsigned int)vector);
        clear_bit(l->reg + VLAPIC_IRR, (unsigned int)vector);
    }
    vector = highest(l->reg + VLAPIC_IRR);
    if (vector != NONE)
        vlapic_request(v, VLAPIC_IRR_SET);
    svm_intercept_cr8(v, waits_for_cr8(v, vector));
}

/* ---- what others ask for ---- */

static bool nmi_is_blocked(const struct vlapic *l, uint64_t rip)
{
    return l->nmi_blocked && (l->nmi_iret == ~0UL || rip == l->nmi_iret); /* else that IRET is done */
}

static void deliver_nmi(struct arch_vcpu *v)
{
    struct vlapic *l = &v->lapic;

    if (nmi_is_blocked(l, v->vmcb->rip)) {
        if (l->nmi_iret != ~0UL && !arch_vcpu_takes_interrupts(v))
            svm_open_window(v); /* which IRET does, as a rule */
        return;
    }
    l->nmi_blocked = svm_inject_nmi(v);
    l->nmi_iret = ~0UL;
    if (l->nmi_blocked)
        __atomic_fetch_and(&l->requests, ~VLAPIC_NMI, __ATOMIC_SEQ_CST);
}

bool arch_vcpu_has_nmi(const struct arch_vcpu *v)
{
    return (__atomic_load_n(&v->lapic.requests, __ATOMIC_SEQ_CST) & VLAPIC_NMI) &&
           !nmi_is_blocked(&v->lapic, v->vmcb->rip);
}

/* The intercept comes before the instruction, and NMIs are blocked until it is done. */
void vlapic_iret(struct arch_vcpu *v)
{
    v->lapic.nmi_iret = v->vmcb->rip;
}

static bool attend_start(struct arch_vcpu *v, uint32_t requests)
{
    struct vlapic *l = &v->lapic;

    if (!(requests & VLAPIC_WAIT)) { /* as on any CPU that does not wait for it */
        __atomic_fetch_and(&l->requests, ~VLAPIC_SIPI, __ATOMIC_SEQ_CST);
        return true;
    }
    vcpu_reset(v, READ_ONCE(l->sipi_vector));
    if (requests & VLAPIC_SIPI)
        __atomic_fetch_and(&l->requests, ~(VLAPIC_WAIT | VLAPIC_SIPI | VLAPIC_NMI), __ATOMIC_SEQ_CST);
    else
        upcall_wait_start(v->vcpu);
    return false;
}

bool vlapic_attend(struct arch_vcpu *v)
{
    uint32_t requests = __atomic_load_n(&v->lapic.requests, __ATOMIC_SEQ_CST);

    if ((requests & (VLAPIC_WAIT | VLAPIC_SIPI)) && !attend_start(v, requests))
        return false;
    if (requests & VLAPIC_NMI)
        deliver_nmi(v);
    return true;
}

bool arch_vcpu_has_start(const struct arch_vcpu *v)
{
    return __atomic_load_n(&v->lapic.requests, __ATOMIC_SEQ_CST) & VLAPIC_SIPI;
}

bool arch_vcpu_has_interrupt(const struct arch_vcpu *v)
{
    uint32_t requests = __atomic_load_n(&v->lapic.requests, __ATOMIC_SEQ_CST);

    if (likely(!requests))
        return false;
    return (requests & (VLAPIC_WAIT | VLAPIC_SIPI)) || arch_vcpu_has_nmi(v) ||
           (arch_vcpu_takes_interrupts(v) && vlapic_deliverable(v) != NONE);
}

/* ---- local sources ---- */

void vlapic_local(struct arch_vcpu *v, enum vlapic_reg lvt)
{
    uint32_t entry = READ_ONCE(v->lapic.reg[lvt]);

    if (!(entry & VLAPIC_LVT_MASKED) && (entry & 0xff) >= 16)
        vlapic_accept(v, (uint8_t)entry);
}

void vlapic_error(struct arch_vcpu *v, uint32_t error)
{
    if (!(v->lapic.errors & error))
        vlapic_local(v, VLAPIC_LVT_ERROR);
    v->lapic.errors |= error;
}

/* ---- life and mode ---- */

void vlapic_reset(struct arch_vcpu *v)
{
    struct vlapic *l = &v->lapic;

    vlapic_timer_start(v, 0);
    l->nmi_blocked = false;
    l->nmi_iret = ~0UL;
    l->errors = 0;
    l->in_service = 0;
    for (unsigned int i = 0; i < VLAPIC_REGS; i++)
        WRITE_ONCE(l->reg[i], i >= VLAPIC_LVT_TIMER && i <= VLAPIC_LVT_ERROR ? VLAPIC_LVT_MASKED : 0);
    l->reg[VLAPIC_VERSION] = VERSION;
    WRITE_ONCE(l->reg[VLAPIC_DFR], ~0U);
    WRITE_ONCE(l->reg[VLAPIC_SVR], 0xff);
    v->vmcb->int_ctl &= ~V_TPR;
}

void vlapic_init(struct arch_vcpu *v)
{
    v->lapic.requests = VLAPIC_WAIT;
    v->lapic.base = PVH_LAPIC_PAGE | APIC_BASE_ENABLE | (v->id == 0 ? APIC_BASE_BSP : 0);
    vlapic_reset(v);
}

void vlapic_started(struct arch_vcpu *v)
{
    __atomic_fetch_and(&v->lapic.requests, ~(VLAPIC_WAIT | VLAPIC_SIPI), __ATOMIC_SEQ_CST);
}

static uint64_t mode_of(uint64_t base)
{
    return base & (APIC_BASE_ENABLE | APIC_BASE_X2APIC);
}

bool vlapic_is_x2apic(const struct arch_vcpu *v)
{
    return mode_of(READ_ONCE(v->lapic.base)) == (APIC_BASE_ENABLE | APIC_BASE_X2APIC);
}

bool vlapic_is_xapic(const struct arch_vcpu *v)
{
    return mode_of(v->lapic.base) == APIC_BASE_ENABLE;
}

/* x2APIC comes after xAPIC, and goes only to off, where everything is forgotten. As in Xen the page stays
 * where it is. */
int vlapic_base_write(struct arch_vcpu *v, uint64_t value)
{
    struct vlapic *l = &v->lapic;
    uint64_t old = mode_of(l->base), mode = mode_of(value);

    if ((value & ~APIC_BASE_ALL) || ((value ^ l->base) & (APIC_BASE_ADDR | APIC_BASE_BSP)) ||
        mode == APIC_BASE_X2APIC || (mode != old && mode == APIC_BASE_ENABLE && old) ||
        (mode == (APIC_BASE_ENABLE | APIC_BASE_X2APIC) && !old))
        return -EINVAL;
    WRITE_ONCE(l->base, value);
    if (mode == 0 && old)
        vlapic_reset(v);
    return 0;
}
