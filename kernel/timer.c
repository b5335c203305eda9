/* SPDX-License-Identifier: MIT */
/* Timers: a list for each CPU, in the order of their deadlines; the machine's timer is set to the first. */
#include "timer.h"
#include "map.h"

#define MIN_WAIT_NS 1000000UL /* interrupts that come faster starve a slow machine */

/* A timer stays on the list that it was set on last, and does not leave it while it fires: whoever finds it
 * there under the list's lock knows whether its function runs. */
struct timer_list {
    spinlock_t lock;
    struct timer *first;
    struct timer *firing; /* whose function runs */
    uint64_t interrupt;   /* what the machine's timer is set to; used by its own CPU only */
} ALIGNED(64);

static struct timer_list lists[MAX_CPUS] = {
    [0 ... MAX_CPUS - 1] = {.lock = SPINLOCK_INIT(RANK_TIMER, "timers")},
};

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
    *t = (struct timer){.fn = fn, .cpu = smp_processor_id(), .deadline = TIMER_NEVER};
}

/* Lock the list that T belongs to: it may move to another one until the lock is held. */
static struct timer_list *lock_list_of(struct timer *t) NO_LOCK_CHECK
{
    for (;;) {
        unsigned int cpu = __atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE);

        spin_lock(&lists[cpu].lock);
        if (READ_ONCE(t->cpu) == cpu)
            return &lists[cpu];
        spin_unlock(&lists[cpu].lock);
    }
}

static void unlock_list(struct timer_list *l) NO_LOCK_CHECK
{
    spin_unlock(&l->lock);
}

static void insert(struct timer_list *l, struct timer *t) REQUIRES(l->lock)
{
    struct timer **link = &l->first;

    while (*link && (*link)->deadline <= t->deadline)
        link = &(*link)->next;
    t->next = *link;
    *link = t;
    t->armed = true;
}

static void remove(struct timer_list *l, struct timer *t) REQUIRES(l->lock)
{
    struct timer **link = &l->first;

    if (!t->armed)
        return;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    t->armed = false;
}

/* Set the machine's timer for this CPU's list. An interrupt that comes soon is not put off: a guest that sets
 * timers all the time would keep its CPU for ever. */
static void arm(struct timer_list *l) REQUIRES(l->lock)
{
    const uint64_t due = l->first ? l->first->deadline : TIMER_NEVER, soon = arch_now() + MIN_WAIT_NS;

    if (due < soon && due <= l->interrupt && l->interrupt <= soon)
        return;
    l->interrupt = MAX(due, soon);
    arch_timer_set(l->interrupt);
}

/* Take T off its list and let it belong to this CPU's, unless its function runs elsewhere. */
static void bring_here(struct timer *t) NO_LOCK_CHECK
{
    struct timer_list *l = lock_list_of(t);

    remove(l, t);
    if (l->firing != t)
        __atomic_store_n(&t->cpu, smp_processor_id(), __ATOMIC_RELEASE);
    unlock_list(l);
}

void timer_set(struct timer *t, uint64_t deadline) NO_LOCK_CHECK
{
    struct timer_list *l;

    bring_here(t);
    l = lock_list_of(t);
    remove(l, t);
    t->deadline = deadline;
    if (deadline != TIMER_NEVER)
        insert(l, t);
    if (l == &lists[smp_processor_id()])
        arm(l); /* else it fires there at this moment, and that CPU arms its list afterwards */
    unlock_list(l);
}

void timer_stop(struct timer *t) NO_LOCK_CHECK
{
    bool busy;

    do {
        struct timer_list *l = lock_list_of(t);

        remove(l, t);
        busy = l->firing == t && l != &lists[smp_processor_id()];
        unlock_list(l);
        if (busy)
            arch_cpu_relax();
    } while (busy);
}

void timers_fire(void)
{
    struct timer_list *l = &lists[smp_processor_id()];
    struct timer *t;

    spin_lock(&l->lock);
    while ((t = l->first) && t->deadline <= arch_now()) {
        remove(l, t);
        l->firing = t;
        spin_unlock(&l->lock);
        t->fn(t);
        spin_lock(&l->lock);
        l->firing = NULL;
    }
    l->interrupt = TIMER_NEVER;
    arm(l);
    spin_unlock(&l->lock);
}
