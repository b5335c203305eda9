/* SPDX-License-Identifier: MIT */
/* Pending events in memory that the guest shares: bits of ports, words of them, and the flag of a vCPU.
 *
 * The guest writes there whenever it likes. Nothing that is read there is an index or a decision about
 * anything but whether this guest is told. All but the last need the lock of the domain's events. */
#pragma once

#include "domain.h"

/* How many ports the layout has that the domain uses now. */
unsigned int event_2l_ports(const struct domain *d);
/* PORT becomes pending; if it is not masked, vCPU ID is told, if D has it (yet). */
void event_2l_set_pending(struct domain *d, unsigned int id, uint32_t port) REQUIRES(d->events.lock);
void event_2l_clear_pending(struct domain *d, uint32_t port) REQUIRES(d->events.lock);
bool event_2l_is_pending(const struct domain *d, uint32_t port) REQUIRES(d->events.lock);
/* PORT is no longer masked; if it is pending, vCPU ID is told. */
void event_2l_unmask(struct domain *d, unsigned int id, uint32_t port) REQUIRES(d->events.lock);
/* V's vcpu_info is at TO from now on, with everything pending as in Xen: the guest looks at all of it once,
 * so that nothing that came before is lost. */
void event_2l_move_info(struct vcpu *v, uint8_t *to) REQUIRES(v->domain->events.lock);

/* V's vcpu_info: where it was registered or else in shared info; NULL: it has none. */
static inline uint8_t *event_2l_info(const struct vcpu *v)
{
    uint8_t *info = __atomic_load_n(&v->info, __ATOMIC_ACQUIRE);
    uint8_t *shared;

    if (info || v->id >= XEN_LEGACY_MAX_VCPUS)
        return info;
    shared = __atomic_load_n(&v->domain->events.shared, __ATOMIC_ACQUIRE);
    return shared ? shared + v->id * sizeof(struct vcpu_info) : NULL;
}
