/* SPDX-License-Identifier: MIT */
/* Locks and memory accesses of the searched code, as points at which another CPU may come in between. */
#include "points.h"

#include "lock.h"
#include "log.h"
#include "machine.h"
#include "report.h"
#include "search.h"

#include <stdlib.h>

#define CPUS 2

/* On the heap: it is not part of the world. */
static struct points {
    bool armed, watching;
    unsigned int cpu, count, fire_at;
    const struct op *intruder;
    int rc;
    uint32_t held[CPUS];
    uintptr_t table, table_size;
    jmp_buf blocked;
} * points;

void points_init(void)
{
    points = calloc(1, sizeof(*points));
    points->table = (uintptr_t)&frame_table[frame_mfn(0).v];
    points->table_size = FRAMES * sizeof(struct page_info);
}

jmp_buf *points_run(unsigned int fire_at, const struct op *intruder)
{
    points->armed = true;
    points->count = 0;
    points->fire_at = fire_at;
    points->intruder = intruder;
    points->held[0] = points->held[1] = 0;
    return &points->blocked;
}

unsigned int points_end(int *rc)
{
    if (rc)
        *rc = points->rc;
    points->armed = false;
    points->cpu = 0;
    machine_set_cpu(0);
    return points->count;
}

void points_watch(bool watching)
{
    points->watching = watching;
}

static void point(void)
{
    if (!points || !points->armed || points->cpu || points->count++ != points->fire_at)
        return;
    machine_set_cpu(points->cpu = 1);
    search->intruder = points->intruder;
    points->rc = op_do(points->intruder);
    machine_set_cpu(points->cpu = 0);
}

/* ---- Locks: ranks and owners as in the hypervisor ---- */

void spin_lock_init(spinlock_t *lock, enum lock_rank rank, const char *name)
{
    *lock = (spinlock_t)SPINLOCK_INIT(rank, name);
}

bool spin_is_mine(const spinlock_t *lock)
{
    return lock->owner == smp_processor_id() + 1;
}

void spin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    const unsigned int cpu = smp_processor_id();

    point();
    if (points && points->held[cpu] >> lock->rank)
        panic("lock order: %s (rank %u) while ranks %#x are held", lock->name, lock->rank, points->held[cpu]);
    if (lock->tickets && cpu)
        longjmp(points->blocked, 1);
    if (lock->tickets)
        panic("lock %s is held for ever", lock->name);
    lock->tickets = 1;
    lock->owner = (uint16_t)(cpu + 1);
    if (points)
        points->held[cpu] |= 1U << lock->rank;
}

void spin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    const unsigned int cpu = smp_processor_id();

    if (!spin_is_mine(lock))
        panic("lock %s is not held by this CPU", lock->name);
    lock->owner = 0;
    lock->tickets = 0;
    if (!points)
        return;
    points->held[cpu] &= ~(1U << lock->rank);
    if (lock == &heap_lock && points->watching)
        check_counters("where heap_lock was released");
    point();
}

void rspin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    if (!spin_is_mine(lock))
        spin_lock(lock);
    lock->depth++;
}

void rspin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    if (--lock->depth == 0)
        spin_unlock(lock);
}

void points_access(const volatile void *p)
{
    const uintptr_t at = (uintptr_t)p;

    if (points && points->armed &&
        (at - points->table < points->table_size || at - (uintptr_t)world.dom < sizeof(world.dom)))
        point();
}
