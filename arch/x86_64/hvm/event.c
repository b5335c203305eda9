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

/* Only bit 31 says that there is an event: QEMU leaves old bits in the rest. A software interrupt needs
 * nothing, its instruction runs again. An exception beyond vector 31 is QEMU's way of reporting an external
 * interrupt. */
void svm_redeliver(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;
    uint32_t event = c->exit_int_info;

    if ((event & EVENT_TYPE) == EVENT_SOFT)
        return;
    if ((event & EVENT_TYPE) == EVENT_EXCEPTION && (event & EVENT_VECTOR) > 31)
        event = (event & ~EVENT_TYPE) | EVENT_INTR;
    c->event_inj_error = c->exit_int_error;
    c->event_inj = event;
}
