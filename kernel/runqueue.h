/* SPDX-License-Identifier: MIT */
/* The run queues, one for each CPU: private to the scheduler. Its protocol is in schedule.h. */
#pragma once

#include "map.h"
#include "schedule.h"

struct vcpu_list {
    struct vcpu *first, *last;
};

struct runqueue {
    spinlock_t lock;
    bool online;                     /* its CPU has called sched_init_cpu */
    bool resched;                    /* who runs must leave. Set under the lock or by the CPU itself */
    struct vcpu_list started, fresh; /* who waits: with the rest of a slice; with a whole one, after those */
    unsigned int waiting;            /* how many; others read it without the lock, for a hint */
    struct vcpu *current;            /* who runs; written by its own CPU, under the lock */
    uint64_t idle_since, idle_ns;    /* 0: it is not idle; the sum of earlier times */
    uint64_t slice_end;              /* used by its own CPU only, as is: */
    struct timer slice;
} ALIGNED(64);

extern struct runqueue runqueues[MAX_CPUS];

void queues_init(void);

static inline struct runqueue *this_queue(void)
{
    return &runqueues[smp_processor_id()];
}

static inline struct runqueue *queue_of(const struct vcpu *v)
{
    return &runqueues[__atomic_load_n(&v->cpu, __ATOMIC_ACQUIRE)];
}

/* Lock the queue that V belongs to, which may change until the lock is held. */
void queue_lock(const struct vcpu *v) ACQUIRES(queue_of(v)->lock);
void queue_unlock(const struct vcpu *v) RELEASES(queue_of(v)->lock);

/* V, which is on no queue, belongs to CPU from now on: that one's queue is locked afterwards, in place of the
 * old one's, so everything may have changed meanwhile. */
void queue_move(struct vcpu *v, unsigned int cpu) REQUIRES(queue_of(v)->lock);

/* A waiting vCPU leaves its queue and runs from now on. */
void queue_take(struct runqueue *rq, struct vcpu *v) REQUIRES(rq->lock);

/* V, if it waits, leaves its queue without having had its turn. */
void queue_recall(struct vcpu *v) REQUIRES(queue_of(v)->lock);

/* V's state, its domain's, or its affinity has changed: queue it or take it off, make it leave its CPU; what
 * it was until now is accounted for. */
void queue_settle(struct vcpu *v) REQUIRES(queue_of(v)->lock);

/* Count what R's state has lasted up to now, which is returned. The clocks of two CPUs may differ. */
static inline uint64_t runstate_count(struct vcpu_runstate_info *r)
{
    const uint64_t now = MAX(arch_now(), r->state_entry_time);

    r->time[r->state] += now - r->state_entry_time;
    return now;
}

/* Who waits, in the order of their turns. */
static inline struct vcpu *queue_first(const struct runqueue *rq) REQUIRES(rq->lock)
{
    return rq->started.first ? rq->started.first : rq->fresh.first;
}

static inline struct vcpu *queue_next(const struct runqueue *rq, const struct vcpu *v) REQUIRES(rq->lock)
{
    return v->next || !v->started ? v->next : rq->fresh.first;
}

/* Does V want a CPU and may have one; and may it have this one? */
static inline bool vcpu_may_run(const struct vcpu *v)
{
    return READ_ONCE(v->state) == VCPU_RUNNABLE && domain_may_run(v->domain);
}

static inline bool vcpu_may_run_on(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_has(&v->hard_affinity, cpu);
}

/* Where V, which is about to wait, should do so. Of equal CPUs the first from START on, going round. */
unsigned int choose_cpu(const struct vcpu *v, unsigned int start) REQUIRES(queue_of(v)->lock);

/* For a CPU with nothing to do: a vCPU that waits elsewhere, nearest node first; it is marked as running
 * here. NULL: none that may run here. No lock held. */
struct vcpu *queue_steal(void);
