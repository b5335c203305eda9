/* SPDX-License-Identifier: MIT */
/* The scheduler's loop on each CPU: who runs next, for how long, and where he goes afterwards. */
#include "heap.h"
#include "host_info.h"
#include "machine_check.h"
#include "runqueue.h"
#include "watchdog.h"

#define SCRUB_SLICE_PAGES 64           /* between two looks at the queue, while nothing is to be run */
#define IDLE_NS           1000000000UL /* an idle CPU looks for machine checks: see machine_check.c */

bool sched_idle_scrub = true;

struct vcpu *current_vcpu(void)
{
    return this_queue()->current;
}

void set_current_vcpu(struct vcpu *v)
{
    __atomic_store_n(&this_queue()->current, v, __ATOMIC_RELAXED);
}

static void end_slice(struct timer *t UNUSED)
{
    WRITE_ONCE(this_queue()->resched, true);
}

void sched_init_cpu(void)
{
    struct runqueue *rq = this_queue();

    if (!runqueues[0].online) { /* the boot CPU is the first, while it is alone */
        queues_init();
        timers_init();
    }
    timer_init(&rq->slice, end_slice);
    spin_lock(&rq->lock);
    rq->online = true;
    spin_unlock(&rq->lock);
}

/* V, or nobody, runs on this CPU from now on. */
static void set_current(struct runqueue *rq, struct vcpu *v) REQUIRES(rq->lock)
{
    const uint64_t now = arch_now();

    if (rq->idle_since)
        rq->idle_ns += now - rq->idle_since;
    rq->idle_since = v ? 0 : now;
    __atomic_store_n(&rq->current, v, __ATOMIC_RELAXED);
}

/* The next vCPU to run, marked as running; NULL when none waits here. Its affinity may have changed while it
 * came here: then it leaves at once. */
static struct vcpu *pick(struct runqueue *rq)
{
    struct vcpu *v;

    spin_lock(&rq->lock);
    WRITE_ONCE(rq->resched, false);
    v = queue_first(rq);
    while (v && !vcpu_may_run(v)) /* who has stopped its domain will take it off */
        v = queue_next(rq, v);
    if (v) {
        queue_take(rq, v);
        WRITE_ONCE(rq->resched, !vcpu_may_run_on(v, smp_processor_id()));
    }
    set_current(rq, v);
    spin_unlock(&rq->lock);
    return v;
}

static struct vcpu *pick_elsewhere(struct runqueue *rq)
{
    struct vcpu *v = queue_steal();

    if (!v)
        return NULL;
    spin_lock(&rq->lock);
    set_current(rq, v);
    spin_unlock(&rq->lock);
    return v;
}

/* V leaves its CPU. At the end of its slice it changes places with those that have fewer to wait for, so that
 * the CPUs' time is shared by all. It counts as running until it has arrived. */
static void put_back(struct runqueue *rq, struct vcpu *v)
{
    const uint64_t now = arch_now();
    unsigned int here = smp_processor_id(), to = here;

    queue_lock(v);
    set_current(queue_of(v), NULL);
    v->slice_left = rq->slice_end > now ? rq->slice_end - now : 0;
    if (vcpu_may_run(v))
        to = choose_cpu(v, v->slice_left || !rq->waiting ? here : here + 1);
    if (to != here)
        queue_move(v, to);
    WRITE_ONCE(v->running, false);
    queue_settle(v);
    queue_unlock(v);
}

static void run(struct runqueue *rq, struct vcpu *v)
{
    rq->slice_end = arch_now() + v->slice_left;
    timer_set(&rq->slice, rq->slice_end);
    arch_vcpu_run(v->arch);
    put_back(rq, v);
}

/* Scrubbing holds heap_lock nearly all the time. Between two slices the lock is free, and arch_cpu_relax lets
 * who waits for it come in: on an emulator whose CPUs take turns he found it taken in his turns, one after
 * the other. */
static void be_idle(struct runqueue *rq)
{
    const nodeid_t here = host_info.cpu_node[smp_processor_id()];

    if (sched_idle_scrub && heap_scrub_slice(here, SCRUB_SLICE_PAGES)) {
        arch_cpu_relax();
        return;
    }
    timer_set(&rq->slice, arch_now() + IDLE_NS);
    arch_idle();
}

void sched_run(void)
{
    struct runqueue *rq = this_queue();
    struct vcpu *v;
    bool ok;

    while (!domains_ended(&ok)) {
        watchdog_pass();
        machine_checks_handle(arch_now());
        timers_fire();
        v = pick(rq);
        if (!v)
            v = pick_elsewhere(rq);
        if (v)
            run(rq, v);
        else
            be_idle(rq);
    }
    timer_stop(&rq->slice);
}

void vcpu_yield(struct vcpu *v)
{
    struct runqueue *rq = queue_of(v);

    rq->slice_end = 0;
    WRITE_ONCE(rq->resched, true);
}

uint64_t sched_idle_time(unsigned int cpu)
{
    struct runqueue *rq = &runqueues[cpu];
    uint64_t now = arch_now(), ns = now;

    spin_lock(&rq->lock);
    if (rq->online)
        ns = rq->idle_ns + (rq->idle_since && now > rq->idle_since ? now - rq->idle_since : 0);
    spin_unlock(&rq->lock);
    return ns;
}

/* ---- upcalls ---- */

bool upcall_need_resched(struct vcpu *v)
{
    return READ_ONCE(this_queue()->resched) || machine_checks_pending() || !vcpu_may_run(v);
}

void upcall_timer(void)
{
    timers_fire();
}
