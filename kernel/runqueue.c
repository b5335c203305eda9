/* SPDX-License-Identifier: MIT */
/* The run queues: who waits for which CPU, and for how long. */
#include "runqueue.h"

#define MIN_SLICE_NS 1000000UL /* a shorter rest is not worth a turn: timers are no finer */

struct runqueue runqueues[MAX_CPUS];

void queues_init(void)
{
    for (unsigned int i = 0; i < MAX_CPUS; i++)
        spin_lock_init(&runqueues[i].lock, RANK_SCHED, "run queue");
}

void queue_lock(const struct vcpu *v) NO_LOCK_CHECK
{
    for (;;) {
        struct runqueue *rq = queue_of(v);

        spin_lock(&rq->lock);
        if (queue_of(v) == rq)
            return;
        spin_unlock(&rq->lock);
    }
}

void queue_unlock(const struct vcpu *v) NO_LOCK_CHECK
{
    spin_unlock(&queue_of(v)->lock);
}

void queue_move(struct vcpu *v, unsigned int cpu) NO_LOCK_CHECK
{
    struct runqueue *old = queue_of(v);

    __atomic_store_n(&v->cpu, cpu, __ATOMIC_RELEASE);
    spin_unlock(&old->lock);
    queue_lock(v);
}

static struct vcpu_list *list_of(struct runqueue *rq, const struct vcpu *v)
{
    return v->started ? &rq->started : &rq->fresh;
}

static void remove(struct runqueue *rq, struct vcpu *v) REQUIRES(rq->lock)
{
    struct vcpu_list *l = list_of(rq, v);

    *(v->prev ? &v->prev->next : &l->first) = v->next;
    *(v->next ? &v->next->prev : &l->last) = v->prev;
    v->queued = false;
    WRITE_ONCE(rq->waiting, rq->waiting - 1);
}

/* An idle CPU looks at its queue; one that runs somebody does so for who is in the middle of a slice. */
static void tell_cpu(struct runqueue *rq, const struct vcpu *v) REQUIRES(rq->lock)
{
    if (rq->current && !v->started)
        return;
    WRITE_ONCE(rq->resched, true);
    arch_cpu_kick((unsigned int)(rq - runqueues));
}

/* Who slept or was preempted before the end of his slice goes on with it, before those that begin a new one.
 * Everybody uses up one slice in a round, whether at once or in pieces: waking often gains nothing. */
static void add(struct runqueue *rq, struct vcpu *v) REQUIRES(rq->lock)
{
    struct vcpu_list *l;

    v->started = v->slice_left >= MIN_SLICE_NS;
    if (!v->started)
        v->slice_left = SCHED_SLICE_NS;
    l = list_of(rq, v);
    v->prev = l->last;
    v->next = NULL;
    *(l->last ? &l->last->next : &l->first) = v;
    l->last = v;
    v->queued = true;
    WRITE_ONCE(rq->waiting, rq->waiting + 1);
    tell_cpu(rq, v);
}

static int runstate_of(const struct vcpu *v)
{
    if (v->running)
        return RUNSTATE_running;
    if (v->state == VCPU_BLOCKED)
        return RUNSTATE_blocked;
    return vcpu_may_run(v) ? RUNSTATE_runnable : RUNSTATE_offline;
}

/* After every change of V's state: what it was until now counts as that. */
static void account(struct vcpu *v)
{
    struct vcpu_runstate_info *r = &v->runstate;

    r->state_entry_time = runstate_count(r);
    r->state = runstate_of(v);
}

void queue_settle(struct vcpu *v)
{
    const bool wants = vcpu_may_run(v) && !v->running;

    if (wants && !v->queued)
        add(queue_of(v), v);
    if (!wants && v->queued)
        remove(queue_of(v), v);
    if (v->running && (!vcpu_may_run(v) || !vcpu_may_run_on(v, v->cpu))) {
        WRITE_ONCE(queue_of(v)->resched, true);
        arch_cpu_kick(v->cpu);
    }
    account(v);
}

void queue_recall(struct vcpu *v)
{
    if (v->queued)
        remove(queue_of(v), v);
}

void queue_take(struct runqueue *rq, struct vcpu *v)
{
    remove(rq, v);
    WRITE_ONCE(v->running, true);
    account(v);
}
