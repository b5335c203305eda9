/* SPDX-License-Identifier: MIT */
/* The local APIC's timer: one shot or periodic, on a bus of 100 MHz as Xen's. */
#include "hvm/svm.h"

#define BUS_NS 10UL

/* TDCR's bits 0, 1 and 3: divide by 2, 4, ... 128, and by 1. */
uint32_t vlapic_timer_divisor(const struct arch_vcpu *v)
{
    uint32_t divide = v->lapic.reg[VLAPIC_TIMER_DIVIDE];

    return 1U << ((((divide & 3) | (divide >> 1 & 4)) + 1) & 7);
}

static uint64_t count_ns(const struct arch_vcpu *v)
{
    return BUS_NS * vlapic_timer_divisor(v);
}

/* It does not run while it is set anew. */
static void start(struct arch_vcpu *v, uint64_t due, uint64_t period)
{
    upcall_apic_timer(v->vcpu, TIMER_NEVER);
    WRITE_ONCE(v->lapic.due, due);
    WRITE_ONCE(v->lapic.period, period);
    v->lapic.fired = false;
    if (due != TIMER_NEVER)
        upcall_apic_timer(v->vcpu, due);
}

void vlapic_timer_start(struct arch_vcpu *v, uint32_t initial)
{
    uint64_t period = initial * count_ns(v);

    v->lapic.reg[VLAPIC_TIMER_INITIAL] = initial;
    start(v, period ? arch_now() + period : TIMER_NEVER, period);
}

static bool is_periodic(const struct vlapic *l)
{
    return READ_ONCE(l->reg[VLAPIC_LVT_TIMER]) & VLAPIC_LVT_PERIODIC;
}

uint32_t vlapic_timer_current(const struct arch_vcpu *v)
{
    const struct vlapic *l = &v->lapic;
    uint64_t now = arch_now(), due = READ_ONCE(l->due);

    if (!l->period)
        return 0;
    if (due > now)
        return (uint32_t)((due - now) / count_ns(v));
    return is_periodic(l) ? (uint32_t)((l->period - (now - due) % l->period) / count_ns(v)) : 0;
}

/* Ticks that come too late are one. */
void arch_vcpu_timer(struct arch_vcpu *v)
{
    struct vlapic *l = &v->lapic;
    uint64_t period = READ_ONCE(l->period), due = READ_ONCE(l->due);

    if (due == TIMER_NEVER)
        return;
    vlapic_local(v, VLAPIC_LVT_TIMER);
    if (!is_periodic(l)) {
        l->fired = true;
        return;
    }
    due = MAX(due + period, arch_now());
    WRITE_ONCE(l->due, due);
    upcall_apic_timer(v->vcpu, due);
}

/* Before it is changed: arch_vcpu_timer runs no more, and has run if it was due. */
static void settle(struct arch_vcpu *v)
{
    struct vlapic *l = &v->lapic;

    upcall_apic_timer(v->vcpu, TIMER_NEVER);
    if (!l->fired && l->due <= arch_now())
        arch_vcpu_timer(v);
}

/* What is left is counted at the new speed. */
void vlapic_timer_divide(struct arch_vcpu *v, uint32_t divide)
{
    struct vlapic *l = &v->lapic;
    uint64_t period;
    uint32_t current;

    settle(v);
    current = vlapic_timer_current(v);
    l->reg[VLAPIC_TIMER_DIVIDE] = divide;
    period = l->reg[VLAPIC_TIMER_INITIAL] * count_ns(v);
    if (l->fired)
        WRITE_ONCE(l->period, period);
    else if (l->period)
        start(v, arch_now() + current * count_ns(v), period);
}

/* As in Xen: what has fired as a one-shot and becomes periodic ticks as if it always had been. */
void vlapic_timer_mode(struct arch_vcpu *v, uint32_t lvt)
{
    struct vlapic *l = &v->lapic;
    const bool changes = (lvt ^ l->reg[VLAPIC_LVT_TIMER]) & VLAPIC_LVT_PERIODIC;
    uint64_t now;

    if (!changes) {
        WRITE_ONCE(l->reg[VLAPIC_LVT_TIMER], lvt);
        return;
    }
    settle(v);
    now = arch_now();
    WRITE_ONCE(l->reg[VLAPIC_LVT_TIMER], lvt);
    if (l->period)
        start(v, l->fired ? now + l->period - (now - l->due) % l->period : l->due, l->period);
}

/* A one-shot that has fired stands still. */
void vlapic_timer_load(struct arch_vcpu *v, uint32_t initial, uint32_t current)
{
    const uint64_t now = arch_now();

    if (!current && is_periodic(&v->lapic))
        current = initial;
    v->lapic.reg[VLAPIC_TIMER_INITIAL] = initial;
    start(v, current ? now + current * count_ns(v) : TIMER_NEVER, initial * count_ns(v));
    if (initial && !current) {
        WRITE_ONCE(v->lapic.due, now);
        v->lapic.fired = true;
    }
}
