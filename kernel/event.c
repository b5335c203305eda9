/* SPDX-License-Identifier: MIT */
/* Event channels: what becomes of an event. */
#include "event.h"
#include "log.h"
#include <xen/xen.h>

bool event_is_pending(const struct vcpu *v)
{
    const struct vcpu_info *info = __atomic_load_n(&v->info, __ATOMIC_ACQUIRE);

    return info && READ_ONCE(info->evtchn_upcall_pending);
}

void event_send_virq(struct vcpu *v, unsigned int virq)
{
    BUG_ON(virq >= NR_VIRQS);
    (void)v; /* no port is bound to it */
}

/* HVM_PARAM_CALLBACK_IRQ: its type in the upper byte, for HVM_PARAM_CALLBACK_TYPE_VECTOR the vector below. */
int upcall_interrupt(struct vcpu *v)
{
    uint64_t callback = READ_ONCE(v->domain->hvm_param[HVM_PARAM_CALLBACK_IRQ]);
    uint8_t vector = (uint8_t)callback;

    if (callback >> 56 != HVM_PARAM_CALLBACK_TYPE_VECTOR || vector < 16 || !event_is_pending(v))
        return -1;
    return vector;
}
