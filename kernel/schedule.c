/* SPDX-License-Identifier: MIT */
/* The scheduler: round robin over a queue of vCPUs per CPU. */
#include "schedule.h"
#include "heap.h"
#include "log.h"
#include "machine_check.h"
#include "timer.h"
#include <xen/sched.h>

#define SCRUB_SLICE_PAGES 64 /* between two looks at the queue, while nothing is to be run */

/* All vCPUs of this CPU that are up, but the one that runs, are in the queue, ready or not: what pauses or
 * ends a domain needs not touch it. */
struct runqueue {
    spinlock_t lock;
    bool online;
    bool resched; /* the running vCPU must leave; written by its own CPU only */
    unsigned int nr_vcpus;
    struct timer slice; /* ends a turn; also the tick of an idle CPU */
    struct vcpu *head, *tail;
    struct vcpu *current; /* read and written by its own CPU only */
    uint64_t idle_ns;     /* written by its own CPU only */
} ALIGNED(64);

static struct runqueue runqueues[MAX_CPUS] = {
    [0 ... MAX_CPUS - 1] = {.lock = SPINLOCK_INIT(RANK_SCHED, "run queue")},
};

static struct runqueue *this_queue(void)
{
    return &runqueues[smp_processor_id()];
}

static struct runqueue *queue_of(const struct vcpu *v)
{
    return &runqueues[v->cpu];
}

struct vcpu *current_vcpu(void)
{
    return this_queue()->current;
}

void set_current_vcpu(struct vcpu *v)
{
    this_queue()->current = v;
}

static void end_slice(struct timer *t UNUSED)
{
    this_queue()->resched = true;
}

void sched_init_cpu(void)
{
    timer_init(&this_queue()->slice, end_slice);
    WRITE_ONCE(this_queue()->online, true);
}

/* ---- the queue ---- */

static void enqueue(struct runqueue *rq, struct vcpu *v) REQUIRES(rq->lock)
{
    v->next = NULL;
    v->queued = true;
    if (rq->tail)
        rq->tail->next = v;
    else
        rq->head = v;
    rq->tail = v;
}

/* Take V out; PREV is the one before it, NULL when V is the head. */
static void dequeue(struct runqueue *rq, struct vcpu *prev, struct vcpu *v) REQUIRES(rq->lock)
{
    if (prev)
        prev->next = v->next;
    else
        rq->head = v->next;
    if (rq->tail == v)
        rq->tail = prev;
    v->next = NULL;
    v->queued = false;
}

static void dequeue_found(struct runqueue *rq, struct vcpu *v) REQUIRES(rq->lock)
{
    struct vcpu *prev = NULL;

    for (struct vcpu *i = rq->head; i != v; i = i->next)
        prev = i;
    dequeue(rq, prev, v);
}

static int runstate_of(const struct vcpu *v)
{
    if (v->running)
        return RUNSTATE_running;
    if (v->state == VCPU_BLOCKED)
        return RUNSTATE_blocked;
    return v->state == VCPU_RUNNABLE && domain_may_run(v->domain) ? RUNSTATE_runnable : RUNSTATE_offline;
}

/* After every change of V's state: what it was until now counts as that. */
static void account(struct vcpu *v, uint64_t now)
{
    struct vcpu_runstate_info *r = &v->runstate;

    r->time[r->state] += now - r->state_entry_time;
    r->state_entry_time = now;
    r->state = runstate_of(v);
}

static bool is_ready(struct vcpu *v, uint64_t now)
{
    if (!domain_may_run(v->domain))
        return false;
    if (v->state == VCPU_BLOCKED && v->wake_at <= now) {
        v->state = VCPU_RUNNABLE;
        account(v, now);
    }
    return v->state == VCPU_RUNNABLE;
}

/* The next vCPU to run, now marked as running; NULL when none is ready, then *wait_until says when one may
 * be. */
static struct vcpu *pick(struct runqueue *rq, uint64_t now, uint64_t *wait_until)
{
    struct vcpu *v, *prev = NULL;

    *wait_until = now + SCHED_SLICE_NS;
    spin_lock(&rq->lock);
    for (v = rq->head; v && !is_ready(v, now); prev = v, v = v->next)
        if (v->state == VCPU_BLOCKED && domain_may_run(v->domain))
            *wait_until = MIN(*wait_until, v->wake_at);
    if (v) {
        dequeue(rq, prev, v);
        v->running = true;
        account(v, now);
        rq->current = v;
        rq->resched = false;
    }
    spin_unlock(&rq->lock);
    return v;
}

static void put_back(struct runqueue *rq, struct vcpu *v)
{
    spin_lock(&rq->lock);
    v->running = false;
    account(v, arch_now());
    rq->current = NULL;
    if (v->state != VCPU_DOWN)
        enqueue(rq, v);
    spin_unlock(&rq->lock);
}

void sched_run(void)
{
    struct runqueue *rq = this_queue();
    uint64_t wait_until;
    bool ok;

    while (!domains_ended(&ok)) {
        uint64_t now = arch_now();
        struct vcpu *v;

        machine_checks_handle(now);
        timers_fire();
        v = pick(rq, now, &wait_until);
        if (v) {
            timer_set(&rq->slice, now + SCHED_SLICE_NS);
            arch_vcpu_run(v->arch);
            put_back(rq, v);
        } else {
            if (heap_scrub_slice(SCRUB_SLICE_PAGES) == 0) {
                timer_set(&rq->slice, wait_until);
                arch_idle();
            }
            rq->idle_ns += arch_now() - now;
        }
    }
    timer_stop(&rq->slice);
}

/* ---- changes of a vCPU's state ---- */

void sched_add_vcpu(struct vcpu *v)
{
    unsigned int best = smp_processor_id();

    for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
        if (READ_ONCE(runqueues[cpu].online) && runqueues[cpu].nr_vcpus < runqueues[best].nr_vcpus)
            best = cpu;
    v->cpu = best;
    v->runstate = (struct vcpu_runstate_info){.state = RUNSTATE_offline, .state_entry_time = arch_now()};
    __atomic_add_fetch(&runqueues[best].nr_vcpus, 1, __ATOMIC_RELAXED);
}

void sched_remove_vcpu(struct vcpu *v)
{
    struct runqueue *rq = queue_of(v);

    spin_lock(&rq->lock);
    BUG_ON(v->running);
    if (v->queued)
        dequeue_found(rq, v);
    v->state = VCPU_DOWN;
    spin_unlock(&rq->lock);
    __atomic_sub_fetch(&rq->nr_vcpus, 1, __ATOMIC_RELAXED);
}

static void make_runnable(struct vcpu *v, enum vcpu_state from)
{
    struct runqueue *rq = queue_of(v);

    spin_lock(&rq->lock);
    if (v->state == from) {
        v->state = VCPU_RUNNABLE;
        account(v, arch_now());
        if (!v->queued && !v->running)
            enqueue(rq, v);
    }
    spin_unlock(&rq->lock);
}

void vcpu_up(struct vcpu *v)
{
    make_runnable(v, VCPU_DOWN);
}

void vcpu_wake(struct vcpu *v)
{
    make_runnable(v, VCPU_BLOCKED);
}

void vcpu_kick(struct vcpu *v)
{
    vcpu_wake(v);
}

bool vcpu_is_up(const struct vcpu *v)
{
    struct runqueue *rq = queue_of(v);
    bool up;

    spin_lock(&rq->lock);
    up = v->state != VCPU_DOWN;
    spin_unlock(&rq->lock);
    return up;
}

static bool any_vcpu_up(struct domain *d)
{
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = __atomic_load_n(&d->vcpu[i], __ATOMIC_ACQUIRE);

        if (v && vcpu_is_up(v))
            return true;
    }
    return false;
}

/* Taking the lock of each queue orders this after every other vCPU's own going down: the last one sees it. */
void vcpu_down(struct vcpu *v)
{
    struct runqueue *rq = queue_of(v);

    spin_lock(&rq->lock);
    if (v->queued)
        dequeue_found(rq, v);
    v->state = VCPU_DOWN;
    account(v, arch_now());
    spin_unlock(&rq->lock);
    if (!any_vcpu_up(v->domain))
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

void vcpu_block(struct vcpu *v, uint64_t deadline)
{
    struct runqueue *rq = queue_of(v);

    spin_lock(&rq->lock);
    if (v->state == VCPU_RUNNABLE) {
        v->state = VCPU_BLOCKED;
        v->wake_at = MIN(deadline, arch_now() + SCHED_SLICE_NS);
    }
    spin_unlock(&rq->lock);
}

void vcpu_yield(struct vcpu *v)
{
    queue_of(v)->resched = true;
}

bool sched_domain_runs(struct domain *d)
{
    bool runs = false;

    for (unsigned int i = 0; i < d->max_vcpus && !runs; i++) {
        struct vcpu *v = __atomic_load_n(&d->vcpu[i], __ATOMIC_ACQUIRE);

        if (!v)
            continue;
        spin_lock(&queue_of(v)->lock);
        runs = v->running;
        spin_unlock(&queue_of(v)->lock);
    }
    return runs;
}

void sched_domain_account(struct domain *d)
{
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = __atomic_load_n(&d->vcpu[i], __ATOMIC_ACQUIRE);

        if (!v)
            continue;
        spin_lock(&queue_of(v)->lock);
        account(v, arch_now());
        spin_unlock(&queue_of(v)->lock);
    }
}

void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *r)
{
    struct runqueue *rq = queue_of(v);

    spin_lock(&rq->lock);
    *r = v->runstate;
    r->time[r->state] += arch_now() - r->state_entry_time;
    spin_unlock(&rq->lock);
}

uint64_t sched_cpu_time(struct vcpu *v)
{
    struct vcpu_runstate_info r;

    sched_runstate(v, &r);
    return r.time[RUNSTATE_running];
}

uint64_t sched_idle_time(unsigned int cpu)
{
    return READ_ONCE(runqueues[cpu].online) ? READ_ONCE(runqueues[cpu].idle_ns) : arch_now();
}

/* ---- upcalls ---- */

bool upcall_need_resched(struct vcpu *v)
{
    return queue_of(v)->resched || machine_checks_pending() || READ_ONCE(v->state) != VCPU_RUNNABLE ||
           !domain_may_run(v->domain);
}

void upcall_timer(void)
{
    timers_fire();
}

void upcall_halt(struct vcpu *v, bool interrupts_enabled)
{
    if (interrupts_enabled)
        vcpu_block(v, UINT64_MAX);
    else
        vcpu_down(v); /* nothing could ever wake it */
}
