/* SPDX-License-Identifier: MIT */
/* The timers of a vCPU: each tells it by VIRQ_TIMER. And how domains and vCPUs begin. */
#include "event.h"
#include "guest_apic.h"
#include "log.h"

static void singleshot(struct timer *t)
{
    event_send_virq(container_of(t, struct vcpu, singleshot), VIRQ_TIMER);
}

/* Ticks that came too late are one. */
static void periodic(struct timer *t)
{
    struct vcpu *v = container_of(t, struct vcpu, periodic);
    uint64_t period = READ_ONCE(v->period), next = MAX(READ_ONCE(v->next_tick) + period, arch_now());

    event_send_virq(v, VIRQ_TIMER);
    WRITE_ONCE(v->next_tick, next);
    if (period)
        timer_set(t, next);
}

void event_set_singleshot(struct vcpu *v, uint64_t deadline)
{
    timer_set(&v->singleshot, deadline);
}

void event_stop_singleshot(struct vcpu *v)
{
    timer_stop(&v->singleshot);
}

void event_set_periodic(struct vcpu *v, uint64_t period)
{
    uint64_t next = arch_now() + period;

    WRITE_ONCE(v->next_tick, next);
    WRITE_ONCE(v->period, period);
    if (period)
        timer_set(&v->periodic, next);
    else
        timer_stop(&v->periodic);
}

void event_init_domain(struct domain *d)
{
    spin_lock_init(&d->events.lock, RANK_EVENT, "events");
    d->events.first_free = 1; /* port 0 is nobody's */
    d->events.max_port = MAX_EVTCHNS - 1;
}

void event_init_vcpu(struct vcpu *v)
{
    timer_init(&v->singleshot, singleshot);
    timer_init(&v->periodic, periodic);
    timer_init(&v->apic_timer, apic_timer_fires);
}
