/* SPDX-License-Identifier: MIT */
/* What local APICs ask of the scheduler and the timers. */
#include "guest_apic.h"
#include "schedule.h"

struct arch_vcpu *upcall_find_vcpu(struct vcpu *v, unsigned int id)
{
    const struct vcpu *found = domain_vcpu(v->domain, id);

    return found ? found->arch : NULL;
}

void upcall_kick(struct vcpu *v)
{
    vcpu_kick(v);
}

void upcall_sent_nmi(struct vcpu *v)
{
    vcpu_nmi(v);
    vcpu_kick(v);
}

/* From now on VCPUOP_initialise comes too late. */
void upcall_start(struct vcpu *v)
{
    spin_lock(&v->domain->domctl_lock);
    __atomic_store_n(&v->initialised, true, __ATOMIC_RELEASE);
    spin_unlock(&v->domain->domctl_lock);
    vcpu_up(v);
}

void upcall_apic_timer(struct vcpu *v, uint64_t deadline)
{
    if (deadline == TIMER_NEVER)
        timer_stop(&v->apic_timer);
    else
        timer_set(&v->apic_timer, deadline);
}

void apic_timer_fires(struct timer *t)
{
    struct vcpu *v = container_of(t, struct vcpu, apic_timer);

    if (READ_ONCE(v->domain->is_dying))
        return; /* it does not tick on until the last page of a dead domain is gone */
    arch_vcpu_timer(v->arch);
    vcpu_kick(v);
}

void vcpu_notify(struct vcpu *v)
{
    uint8_t vector = READ_ONCE(v->upcall_vector);

    if (vector)
        arch_vcpu_interrupt(v->arch, vector);
    vcpu_kick(v);
}
