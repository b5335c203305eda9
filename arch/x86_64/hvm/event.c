/* SPDX-License-Identifier: MIT */
/* Events into the guest: exceptions that exits cause, and deliveries that an exit interrupted. */
#include "svm.h"

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
}
