/* SPDX-License-Identifier: MIT */
/* Locks of a host program: the hypervisor's ranks and owners are checked, threads wait for each other. */
#include "lock.h"

#include "log.h"
#include "map.h"
#include <sched.h>

static _Thread_local uint32_t held_ranks;

void spin_lock_init(spinlock_t *lock, enum lock_rank rank, const char *name)
{
    *lock = (spinlock_t)SPINLOCK_INIT(rank, name);
}

bool spin_is_mine(const spinlock_t *lock)
{
    return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == smp_processor_id() + 1;
}

void spin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    uint32_t free = 0;

    if (held_ranks >> lock->rank)
        panic("lock order: %s (rank %u) while ranks %#x are held", lock->name, lock->rank, held_ranks);
    while (
        !__atomic_compare_exchange_n(&lock->tickets, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        free = 0;
        sched_yield();
    }
    held_ranks |= 1U << lock->rank;
    __atomic_store_n(&lock->owner, (uint16_t)(smp_processor_id() + 1), __ATOMIC_RELAXED);
}

void spin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    if (!spin_is_mine(lock))
        panic("lock %s is not held by this CPU", lock->name);
    held_ranks &= ~(1U << lock->rank);
    __atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lock->tickets, 0, __ATOMIC_RELEASE);
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
