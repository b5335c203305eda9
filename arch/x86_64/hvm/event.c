/* SPDX-License-Identifier: MIT */
/* Events into the guest: exceptions that exits cause, and deliveries that an exit interrupted. */
#include "cpu/ipi.h"
#include "guest_bits.h"
#include "insn_decode.h"

void svm_inject(struct arch_vcpu *v, enum guest_exception vector)
{
    v->vmcb->event_inj = vector | EVENT_EXCEPTION | EVENT_VALID;
}

void svm_inject_error(struct arch_vcpu *v, enum guest_exception vector, uint32_t error)
{
    v->vmcb->event_inj_error = error;
    v->vmcb->event_inj = vector | EVENT_EXCEPTION | EVENT_ERROR | EVENT_VALID;
}

void svm_inject_pf(struct arch_vcpu *v, uint64_t address, uint32_t error)
{
    v->vmcb->cr2 = address;
    svm_inject_error(v, X_PF, error);
}

bool arch_vcpu_takes_interrupts(const struct arch_vcpu *v)
{
    return v->vmcb->rflags & GUEST_RFLAGS_IF;
}

/* QEMU's TCG keeps the number of an injected external interrupt as that of a pending exception, and delivers
 * it once more when the CPU leaves its loop for a moment before something else has overwritten it. An exit
 * does, and nothing of the guest runs before one that is pending at VMRUN. */
void svm_guard_interrupt(const struct arch_vcpu *v)
{
    if (svm_features.repeats_interrupts &&
        (v->vmcb->event_inj & (EVENT_VALID | EVENT_TYPE)) == (EVENT_VALID | EVENT_INTR))
        ipi_self();
}

static bool is_soft_exception(uint32_t event)
{
    uint32_t vector = event & EVENT_VECTOR;

    return (event & EVENT_TYPE) == EVENT_EXCEPTION && (vector == X_BP || vector == X_OF);
}

/* Only bit 31 says that there is an event: QEMU leaves old bits in the rest. A software interrupt needs
 * nothing, its instruction runs again; so do INT3 and INTO, which are reported as exceptions 3 and 4. An
 * exception beyond vector 31 is QEMU's way of reporting an external interrupt. */
void svm_redeliver(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;
    uint32_t event = c->exit_int_info;

    if ((event & EVENT_TYPE) == EVENT_SOFT || is_soft_exception(event))
        return;
    if ((event & EVENT_TYPE) == EVENT_EXCEPTION && (event & EVENT_VECTOR) > 31)
        event = (event & ~EVENT_TYPE) | EVENT_INTR;
    c->event_inj_error = c->exit_int_error;
    c->event_inj = event;
    svm_guard_interrupt(v);
}

static bool takes_interrupts(const struct vmcb *c)
{
    return (c->rflags & GUEST_RFLAGS_IF) && !(c->int_shadow & INT_SHADOW);
}

/* V_IRQ opens the window, but never delivers: its intercept comes first, and EVENTINJ then delivers. What
 * QEMU reports of a V_IRQ whose delivery faults is not valid, and it can lose interrupts between CPUs while
 * V_IRQ is set. */
void svm_open_window(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;

    if (v->shadow_ignored)
        return;
    v->shadow_rip = c->int_shadow & INT_SHADOW ? c->rip : ~0UL;
    c->int_ctl |= V_IRQ | V_IGN_TPR;
    c->intercept |= INTERCEPT_VINTR;
}

/* The guest had to exit before its handler's first instruction (svm_guard_interrupt), so it is no wonder that
 * what it was interrupted for is still there: all is as if it had not exited. EXITINTINFO is EVENTINJ without
 * its valid bit, as QEMU leaves it when it has delivered it. */
static bool just_delivered(const struct vmcb *c, uint8_t vector)
{
    return unlikely(c->exit_code == EXIT_INTR) && svm_features.repeats_interrupts &&
           c->exit_int_info == (EVENT_INTR | vector);
}

/* An interrupt that is delivered again, or has just been, needs no window: the next exit is soon enough. */
bool svm_interrupt(struct arch_vcpu *v, uint8_t vector)
{
    struct vmcb *c = v->vmcb;

    if (just_delivered(c, vector))
        return false;
    if (!(c->event_inj & EVENT_VALID) && takes_interrupts(c)) {
        c->event_inj = vector | EVENT_INTR | EVENT_VALID;
        svm_guard_interrupt(v);
        return true;
    }
    if ((c->event_inj & (EVENT_VALID | EVENT_TYPE | EVENT_VECTOR)) != (EVENT_VALID | EVENT_INTR | vector))
        svm_open_window(v);
    return false;
}

/* Behind another event the guest's next instruction is never executed: a host interrupt is pending, and the
 * NMI comes with the exit that it causes. */
bool svm_inject_nmi(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;

    if (c->event_inj & EVENT_VALID) {
        ipi_self();
        return false;
    }
    if (c->int_shadow & INT_SHADOW) {
        svm_open_window(v);
        return false;
    }
    c->event_inj = X_NMI | EVENT_NMI | EVENT_VALID;
    c->intercept |= INTERCEPT_IRET;
    return true;
}

void svm_intercept_cr8(struct arch_vcpu *v, bool exits)
{
    if (exits)
        v->vmcb->intercept_cr |= INTERCEPT_CR8_WRITE;
    else
        v->vmcb->intercept_cr &= ~INTERCEPT_CR8_WRITE;
}

/* Instructions that exit, and that put the guest to sleep. */
static bool is_sleep(const struct insn *i)
{
    const uint8_t *p = i->bytes + i->prefixes;
    unsigned int left = i->available - i->prefixes;

    return (left >= 1 && p[0] == 0xf4) || (left >= 3 && p[0] == 0x0f && p[1] == 0x01 && p[2] == 0xd9);
}

static bool needs_shadow(struct arch_vcpu *v)
{
    struct insn i;

    return !(v->vmcb->cs.attr & (SEG_L | SEG_D)) || (insn_fetch(v, &i) && is_sleep(&i));
}

/* QEMU 7 enters without the interrupt shadow and so is back before the guest's next instruction. After STI
 * that is often HLT, and an interrupt before instead of in it would let the guest sleep with work to do: so
 * it runs on without a window, as far as that exit. Where the next instruction does not sleep nobody knows
 * when an exit comes: then the shadow ends here, one instruction early, which STI's can. MOV SS's matters in
 * 16-bit code alone: that runs on. */
void svm_interrupt_window(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;

    c->int_ctl &= ~(V_IRQ | V_IGN_TPR);
    c->intercept &= ~INTERCEPT_VINTR;
    if (c->rip == v->shadow_rip && needs_shadow(v)) {
        c->int_shadow = INT_SHADOW;
        v->shadow_ignored = true;
    }
    v->shadow_rip = ~0UL;
}
