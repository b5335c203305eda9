/* SPDX-License-Identifier: MIT */
/* Timers: a list for each CPU, in the order of their deadlines; the machine's timer is set to the first. */
#include "timer.h"
#include "log.h"
#include "map.h"

#define MIN_WAIT_NS 1000000UL /* interrupts that come faster starve a slow machine */

/* A timer stays on the list that it was set on last, and does not leave it while it fires: whoever finds it
 * there under the list's lock knows whether its function runs. */
struct timer_list {
    spinlock_t lock;
    struct timer *first;
    struct timer *firing; /* whose function runs */
    uint64_t round;       /* how many times timers_fire has begun */
    uint64_t interrupt;   /* what the machine's timer is set to; used by its own CPU only */
} ALIGNED(64);

static struct timer_list lists[MAX_CPUS];

void timers_init(void)
{
    for (unsigned int i = 0; i < MAX_CPUS; i++)
        spin_lock_init(&lists[i].lock, RANK_TIMER, "timers");
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
    *t = (struct timer){.fn = fn, .cpu = smp_processor_id(), .deadline = TIMER_NEVER};
}

static struct timer_list *list_of(const struct timer *t)
{
    return &lists[__atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE)];
}

/* Lock the list that T belongs to: it may move to another one until the lock is held. */
static void lock_list_of(const struct timer *t) ACQUIRES(list_of(t)->lock) NO_LOCK_CHECK
{
    for (;;) {
        struct timer_list *l = list_of(t);

        spin_lock(&l->lock);
        if (list_of(t) == l)
            return;
        spin_unlock(&l->lock);
    }
}

/* Unlocks the list that was T's before. */
static void move_to(struct timer *t, unsigned int cpu) RELEASES(list_of(t)->lock) NO_LOCK_CHECK
{
    struct timer_list *l = list_of(t);

    if (&lists[cpu] != l)
        t->round = 0; /* it has not fired there */
    __atomic_store_n(&t->cpu, cpu, __ATOMIC_RELEASE);
    spin_unlock(&l->lock);
}

static bool is_listed(const struct timer_list *l, const struct timer *t) REQUIRES(l->lock)
{
    const struct timer *other = l->first;

    while (other && other != t)
        other = other->next;
    return other;
}

static void insert(struct timer_list *l, struct timer *t) REQUIRES(l->lock)
{
    struct timer **link = &l->first;

    ASSERT(!is_listed(l, t)); /* else it was prepared anew while it was set */
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

void timer_set(struct timer *t, uint64_t deadline)
{
    const unsigned int here = smp_processor_id();

    lock_list_of(t);
    remove(list_of(t), t);
    while (t->cpu != here && list_of(t)->firing != t) { /* others may set it, too */
        move_to(t, here);
        lock_list_of(t);
        remove(list_of(t), t);
    }
    t->deadline = deadline;
    if (deadline != TIMER_NEVER)
        insert(list_of(t), t);
    if (t->cpu == here) /* else its function runs there at this moment, and that CPU arms its list then */
        arm(list_of(t));
    spin_unlock(&list_of(t)->lock);
}

void timer_stop(struct timer *t)
{
    bool busy;

    do {
        lock_list_of(t);
        remove(list_of(t), t);
        busy = list_of(t)->firing == t && t->cpu != smp_processor_id();
        spin_unlock(&list_of(t)->lock);
        if (busy)
            arch_cpu_relax();
    } while (busy);
}

/* The first that is due and has not fired in this round. */
static struct timer *next_due(const struct timer_list *l, uint64_t now) REQUIRES(l->lock)
{
    struct timer *t = l->first;

    while (t && t->deadline <= now && t->round == l->round)
        t = t->next;
    return t && t->deadline <= now ? t : NULL;
}

void timers_fire(void)
{
    struct timer_list *l = &lists[smp_processor_id()];
    const uint64_t now = arch_now();
    struct timer *t;

    spin_lock(&l->lock);
    l->round++;
    while ((t = next_due(l, now))) {
        remove(l, t);
        t->round = l->round;
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
