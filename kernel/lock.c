/* SPDX-License-Identifier: MIT */
/* Ticket spinlocks. Debug builds check the order of ranks and that the holder unlocks. */
#include "lock.h"

#include "arch.h"
#include "log.h"
#include "map.h"

#define TICKET_ONE  0x10000U /* one more ticket handed out, in the high half */
#define TICKET_MASK 0xffffU

static uint32_t held_ranks[MAX_CPUS]; /* a bit for each rank that this CPU holds; debug builds only */

void spin_lock_init(spinlock_t *lock, enum lock_rank rank, const char *name)
{
    *lock = (spinlock_t)SPINLOCK_INIT(rank, name);
}

bool spin_is_mine(const spinlock_t *lock)
{
    return READ_ONCE(lock->owner) == smp_processor_id() + 1;
}

static void note_taken(const spinlock_t *lock)
{
    uint32_t *held = &held_ranks[smp_processor_id()];

    if (*held >> lock->rank)
        panic("lock order: %s (rank %u) while ranks %#x are held", lock->name, lock->rank, *held);
    *held |= 1U << lock->rank;
}

static void note_dropped(const spinlock_t *lock)
{
    if (!spin_is_mine(lock))
        panic("lock %s is not held by this CPU", lock->name);
    held_ranks[smp_processor_id()] &= ~(1U << lock->rank);
}

void spin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    uint32_t taken;

    if (IS_DEBUG)
        note_taken(lock);
    taken = __atomic_fetch_add(&lock->tickets, TICKET_ONE, __ATOMIC_ACQUIRE) >> 16;
    while ((__atomic_load_n(&lock->tickets, __ATOMIC_ACQUIRE) & TICKET_MASK) != taken)
        arch_cpu_relax();
    if (IS_DEBUG)
        WRITE_ONCE(lock->owner, (uint16_t)(smp_processor_id() + 1));
}

/* Only the holder writes the low half, so it need not be an atomic increment of the whole word. */
void spin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    uint16_t *serving = (uint16_t *)&lock->tickets;

    if (IS_DEBUG)
        note_dropped(lock);
    WRITE_ONCE(lock->owner, 0);
    __atomic_store_n(serving, (uint16_t)(READ_ONCE(*serving) + 1), __ATOMIC_RELEASE);
}

void rspin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    const uint16_t me = (uint16_t)(smp_processor_id() + 1);

    if (READ_ONCE(lock->owner) != me) {
        spin_lock(lock);
        WRITE_ONCE(lock->owner, me);
    }
    lock->depth++;
}

void rspin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    if (--lock->depth == 0)
        spin_unlock(lock);
}
