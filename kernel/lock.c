/* SPDX-License-Identifier: MIT */
/* Ticket spinlocks. Debug builds check the order of ranks and that the holder unlocks, and count. */
#include "lock_stat.h"

#include "arch.h"
#include "log.h"
#include "map.h"

#define TICKET_ONE 0x10000U /* one more ticket handed out, in the high half */
#define SPINS      32U      /* for each CPU ahead in the queue, between two looks at the lock */
#define LOOKS      64U      /* before one PAUSE */

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

/* First come, first served. Who is far behind looks seldom, so that the holder keeps the cache line; PAUSE
 * comes only now and then: a hypervisor beneath may take it for a reason to look elsewhere (QEMU leaves its
 * vCPU loop and takes a lock of its own, which all the waiting CPUs then fight for). With four threads on two
 * processors this took about twice as many turns as a PAUSE at every look. */
static void wait_for_turn(const spinlock_t *lock, uint16_t ticket)
{
    unsigned int looks = 0;
    uint16_t ahead;

    while ((ahead = (uint16_t)(ticket - __atomic_load_n(&lock->tickets, __ATOMIC_ACQUIRE)))) {
        for (unsigned int i = ahead * SPINS; i; i--)
            __asm__ volatile("");
        if (++looks % LOOKS == 0)
            arch_cpu_relax();
    }
}

static bool is_served(const spinlock_t *lock, uint16_t ticket)
{
    return (uint16_t)__atomic_load_n(&lock->tickets, __ATOMIC_ACQUIRE) == ticket;
}

static void take(spinlock_t *lock, const void *where) NO_LOCK_CHECK
{
    uint64_t since = 0;
    bool served;
    uint16_t ticket;

    if (IS_DEBUG)
        note_taken(lock);
    ticket = (uint16_t)(__atomic_fetch_add(&lock->tickets, TICKET_ONE, __ATOMIC_ACQUIRE) >> 16);
    served = is_served(lock, ticket);
    if (IS_DEBUG && !served)
        since = arch_now();
    if (!served)
        wait_for_turn(lock, ticket);
    if (!IS_DEBUG)
        return;
    WRITE_ONCE(lock->owner, (uint16_t)(smp_processor_id() + 1));
    lock_stat_taken(lock, !served, served ? 0 : arch_now() - since, where);
}

void spin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    take(lock, __builtin_return_address(0));
}

/* Only the holder writes the low half, so it need not be an atomic increment of the whole word. */
void spin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    uint16_t *serving = (uint16_t *)&lock->tickets;

    if (IS_DEBUG) {
        note_dropped(lock);
        lock_stat_dropped(lock);
    }
    WRITE_ONCE(lock->owner, 0);
    __atomic_store_n(serving, (uint16_t)(READ_ONCE(*serving) + 1), __ATOMIC_RELEASE);
}

void rspin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    const uint16_t me = (uint16_t)(smp_processor_id() + 1);

    if (READ_ONCE(lock->owner) != me) {
        take(lock, __builtin_return_address(0));
        WRITE_ONCE(lock->owner, me);
    }
    lock->depth++;
}

void rspin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    if (--lock->depth == 0)
        spin_unlock(lock);
}
