/* SPDX-License-Identifier: MIT */
/* The scheduler: what changes a vCPU's state, from whatever CPU, and reports about it. */
#include "event.h"
#include "log.h"
#include "runqueue.h"
#include <xen/sched.h>

void vcpu_reconsider(struct vcpu *v)
{
    unsigned int cpu;

    queue_lock(v);
    if (!v->running && !v->queued && (vcpu_may_run(v) || !vcpu_may_run_on(v, v->cpu))) {
        cpu = choose_cpu(v, v->cpu);
        if (cpu != v->cpu)
            queue_move(v, cpu);
    }
    queue_settle(v);
    queue_unlock(v);
}

static void wake_by_timer(struct timer *t)
{
    struct vcpu *v = container_of(t, struct vcpu, wake_timer);
    bool due;

    queue_lock(v);
    due = v->wake_at <= arch_now(); /* else it was set for an earlier sleep */
    queue_unlock(v);
    if (due)
        vcpu_wake(v);
}

void sched_add_vcpu(struct vcpu *v, unsigned int cpu)
{
    v->cpu = cpu;
    v->state = VCPU_DOWN;
    v->hard_affinity = v->soft_affinity = CPUMASK_ALL;
    v->wake_at = TIMER_NEVER;
    v->runstate_area = ~0UL;
    v->runstate = (struct vcpu_runstate_info){.state = RUNSTATE_offline, .state_entry_time = arch_now()};
    timer_init(&v->wake_timer, wake_by_timer);
}

/* True when V was in state FROM. */
static bool change_state(struct vcpu *v, enum vcpu_state from, enum vcpu_state to)
{
    bool changed;

    queue_lock(v);
    changed = v->state == from;
    if (changed)
        WRITE_ONCE(v->state, to);
    queue_unlock(v);
    if (changed)
        vcpu_reconsider(v);
    return changed;
}

static void force_down(struct vcpu *v, bool halted)
{
    queue_lock(v);
    WRITE_ONCE(v->state, VCPU_DOWN);
    v->halted = halted;
    queue_settle(v);
    queue_unlock(v);
}

void sched_remove_vcpu(struct vcpu *v)
{
    timer_stop(&v->wake_timer);
    timer_stop(&v->apic_timer); /* who sets it runs as V, or holds a reference on the domain */
    force_down(v, false);
    BUG_ON(v->running);
}

void vcpu_up(struct vcpu *v)
{
    change_state(v, VCPU_DOWN, VCPU_RUNNABLE);
}

void vcpu_wake(struct vcpu *v)
{
    change_state(v, VCPU_BLOCKED, VCPU_RUNNABLE);
}

void vcpu_kick(struct vcpu *v)
{
    bool running;
    unsigned int cpu;

    queue_lock(v);
    running = v->running;
    cpu = v->cpu;
    queue_unlock(v);
    vcpu_wake(v);
    if (running)
        arch_cpu_kick(cpu);
}

/* No interrupt could wake a guest that has set up none: it looks again after a slice. */
static uint64_t wake_time(const struct vcpu *v, uint64_t deadline)
{
    if (READ_ONCE(v->domain->hvm_param[HVM_PARAM_CALLBACK_IRQ]) || READ_ONCE(v->upcall_vector) ||
        arch_vcpu_apic_is_on(v->arch))
        return deadline;
    return MIN(deadline, arch_now() + SCHED_SLICE_NS);
}

/* What is pending is looked at after the mark, and was marked as pending before vcpu_kick looked for a
 * sleeper. */
void vcpu_block(struct vcpu *v, uint64_t deadline)
{
    deadline = wake_time(v, deadline);
    queue_lock(v);
    if (v->state == VCPU_RUNNABLE) {
        WRITE_ONCE(v->state, VCPU_BLOCKED);
        v->wake_at = deadline;
    }
    queue_settle(v);
    queue_unlock(v);
    if (deadline != TIMER_NEVER)
        timer_set(&v->wake_timer, deadline);
    if (event_is_pending(v))
        vcpu_wake(v);
}

bool vcpu_is_up(const struct vcpu *v)
{
    bool up;

    queue_lock(v);
    up = v->state != VCPU_DOWN;
    queue_unlock(v);
    return up;
}

static bool any_vcpu_up(struct domain *d)
{
    bool up = false;

    for (unsigned int i = 0; i < d->max_vcpus && !up; i++)
        up = domain_vcpu(d, i) && vcpu_is_up(domain_vcpu(d, i));
    return up;
}

/* Taking the lock of each queue orders this after every other vCPU's own going down: the last one sees it. */
static void went_down(struct vcpu *v)
{
    if (!any_vcpu_up(v->domain))
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

void vcpu_down(struct vcpu *v)
{
    force_down(v, false);
    went_down(v);
}

/* It may come while we go down. */
void upcall_wait_start(struct vcpu *v)
{
    force_down(v, false);
    if (arch_vcpu_has_start(v->arch))
        vcpu_up(v);
    else
        went_down(v);
}

/* Once V is down its NMI state is nobody's to change before it is up again. */
bool vcpu_nmi(struct vcpu *v)
{
    bool wakes;

    queue_lock(v);
    wakes = v->state == VCPU_DOWN && v->halted && arch_vcpu_has_nmi(v->arch);
    queue_unlock(v);
    if (wakes)
        vcpu_up(v);
    return wakes;
}

/* An NMI alone could wake one that takes no interrupts; that may have come before. */
void upcall_halt(struct vcpu *v, bool interrupts_enabled)
{
    if (interrupts_enabled) {
        vcpu_block(v, TIMER_NEVER);
        return;
    }
    force_down(v, true);
    if (!vcpu_nmi(v))
        went_down(v);
}

/* ---- of a domain's vCPUs ---- */

bool sched_domain_runs(struct domain *d)
{
    bool runs = false;

    for (unsigned int i = 0; i < d->max_vcpus && !runs; i++) {
        struct vcpu *v = domain_vcpu(d, i);

        if (!v)
            continue;
        queue_lock(v);
        runs = v->running;
        queue_unlock(v);
    }
    return runs;
}

void sched_domain_changed(struct domain *d)
{
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (domain_vcpu(d, i))
            vcpu_reconsider(domain_vcpu(d, i));
}

/* ---- reports ---- */

void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *r)
{
    queue_lock(v);
    *r = v->runstate;
    runstate_count(r);
    queue_unlock(v);
}

/* While it leaves, what will become of it is known, but has not happened yet. */
void sched_runstate_switch(struct vcpu *v, bool leaves, struct vcpu_runstate_info *r)
{
    static const uint8_t next[] = {[VCPU_DOWN] = RUNSTATE_offline,
                                   [VCPU_RUNNABLE] = RUNSTATE_runnable,
                                   [VCPU_BLOCKED] = RUNSTATE_blocked};

    queue_lock(v);
    *r = v->runstate;
    if (leaves) {
        r->state_entry_time = runstate_count(r);
        r->state = next[v->state];
    }
    queue_unlock(v);
}

uint64_t sched_cpu_time(struct vcpu *v)
{
    struct vcpu_runstate_info r;

    sched_runstate(v, &r);
    return r.time[RUNSTATE_running];
}
