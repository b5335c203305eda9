/* SPDX-License-Identifier: MIT */
/* Counters of locks: each CPU writes its own, whoever reads adds them up. Release builds have none. */
#include "lock_stat.h"

#include "arch.h"
#include "log.h"
#include "map.h"
#include <string.h>

#define MAX_RANKS 16U
_Static_assert(RANK_MESSAGES < MAX_RANKS, "a place for each rank");

/* One CPU's. It writes them with interrupts off; others read at any time. */
static struct cpu_locks {
    struct lock_stat stat[MAX_LOCK_NAMES];
    struct {
        uint64_t since;
        const void *where;
    } held[MAX_RANKS];   /* of each rank a CPU holds one lock at most */
    uint32_t generation; /* what stat says is of this one */
} ALIGNED(64) cpus[MAX_CPUS];

static const char *names[MAX_LOCK_NAMES]; /* entered once, atomically, and never changed */
static uint32_t generation;

/* Locks of one name have one string nearly always: the compiler merges those of a file. */
static bool is_row(const char *row, const char *name)
{
    return row == name || !strcmp(row, name);
}

static unsigned int row_of(const char *name)
{
    for (unsigned int i = 0; i < MAX_LOCK_NAMES; i++) {
        const char *row = __atomic_load_n(&names[i], __ATOMIC_ACQUIRE);

        if (!row &&
            __atomic_compare_exchange_n(&names[i], &row, name, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return i;
        if (is_row(row, name))
            return i;
    }
    return MAX_LOCK_NAMES - 1;
}

/* This CPU's counters of the lock, after those of an older generation were thrown away. */
static struct lock_stat *my_stat(struct cpu_locks *me, const spinlock_t *lock)
{
    uint32_t now = __atomic_load_n(&generation, __ATOMIC_RELAXED);

    if (me->generation != now) {
        for (unsigned int i = 0; i < MAX_LOCK_NAMES; i++) {
            WRITE_ONCE(me->stat[i].taken, 0);
            WRITE_ONCE(me->stat[i].contended, 0);
            WRITE_ONCE(me->stat[i].longest_hold, 0);
            WRITE_ONCE(me->stat[i].longest_wait, 0);
        }
        __atomic_store_n(&me->generation, now, __ATOMIC_RELEASE);
    }
    return &me->stat[row_of(lock->name)];
}

void lock_stat_taken(const spinlock_t *lock, bool contended, uint64_t waited, const void *where)
{
    struct cpu_locks *me;
    struct lock_stat *s;

    if (!IS_DEBUG)
        return;
    me = &cpus[smp_processor_id()];
    s = my_stat(me, lock);
    WRITE_ONCE(s->taken, s->taken + 1);
    WRITE_ONCE(s->contended, s->contended + contended);
    if (waited > s->longest_wait)
        WRITE_ONCE(s->longest_wait, waited);
    me->held[lock->rank].since = arch_now();
    me->held[lock->rank].where = where;
}

void lock_stat_dropped(const spinlock_t *lock)
{
    struct cpu_locks *me;
    struct lock_stat *s;
    uint64_t held;

    if (!IS_DEBUG)
        return;
    me = &cpus[smp_processor_id()];
    s = my_stat(me, lock);
    held = arch_now() - me->held[lock->rank].since;
    if (held <= s->longest_hold)
        return;
    WRITE_ONCE(s->where, (uintptr_t)me->held[lock->rank].where);
    WRITE_ONCE(s->longest_hold, held);
}

static void add(struct lock_stat *sum, const struct lock_stat *s)
{
    uint64_t hold = READ_ONCE(s->longest_hold);

    sum->taken += READ_ONCE(s->taken);
    sum->contended += READ_ONCE(s->contended);
    sum->longest_wait = MAX(sum->longest_wait, READ_ONCE(s->longest_wait));
    if (hold > sum->longest_hold) {
        sum->longest_hold = hold;
        sum->where = READ_ONCE(s->where);
    }
}

bool lock_stat_read(unsigned int i, struct lock_stat *s)
{
    const uint32_t now = __atomic_load_n(&generation, __ATOMIC_RELAXED);

    if (!IS_DEBUG)
        return false;
    *s = (struct lock_stat){.name = i < MAX_LOCK_NAMES ? __atomic_load_n(&names[i], __ATOMIC_ACQUIRE) : NULL};
    for (unsigned int cpu = 0; s->name && cpu < MAX_CPUS; cpu++)
        if (__atomic_load_n(&cpus[cpu].generation, __ATOMIC_ACQUIRE) == now)
            add(s, &cpus[cpu].stat[i]);
    return s->name;
}

void lock_stat_reset(void)
{
    __atomic_add_fetch(&generation, 1, __ATOMIC_RELAXED);
}
