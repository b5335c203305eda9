/* SPDX-License-Identifier: MIT */
/* Spinlocks. Debug builds check the order of ranks and that the holder unlocks, and count. */
#include "lock_stat.h"

#include "arch.h"
#include "log.h"
#include "map.h"

#define TICKET_ONE 0x10000U   /* one more ticket handed out, in the high half */
#define MAX_PASSED (1U << 18) /* others that may have the lock first before who waits takes a ticket */
#define SPINS      32U        /* between two looks at the lock */
#define LOOKS      64U        /* before one PAUSE */

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

/* A lock that is always handed to the first in the queue costs a turn of the host's scheduler for each
 * hand-over where CPUs are threads of an emulator and more than its processors: the first one does not run
 * mostly. Four vCPUs that fought for heap_lock on two busy processors so had it 20 times a second. So whoever
 * runs may take a lock that is free, but only until somebody who waits was passed MAX_PASSED times: he takes
 * a ticket, and while tickets are out only their holders are served, in order. Nobody starves; that the
 * holder does not run makes nobody impatient.
 *
 * PAUSE comes only now and then: QEMU leaves its vCPU loop for it, and takes a lock of its own, which all who
 * wait then fight for. */
static bool tickets_are_out(const spinlock_t *lock)
{
    uint32_t tickets = READ_ONCE(lock->tickets);

    return (uint16_t)tickets != tickets >> 16;
}

static bool try_take(spinlock_t *lock)
{
    uint32_t turns = READ_ONCE(lock->turns);

    return !(turns & 1) && __atomic_compare_exchange_n(&lock->turns, &turns, turns + 1, false,
                                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void look_away(unsigned int *looks)
{
    for (unsigned int i = SPINS; i; i--)
        __asm__ volatile("");
    if (++*looks % LOOKS == 0)
        arch_cpu_relax();
}

/* Only who was served writes the low half, and nobody else is, so it need not be an atomic increment. */
static void take_by_ticket(spinlock_t *lock, unsigned int looks)
{
    const uint16_t ticket =
        (uint16_t)(__atomic_fetch_add(&lock->tickets, TICKET_ONE, __ATOMIC_RELAXED) >> 16);
    uint16_t *serving = (uint16_t *)&lock->tickets;

    while ((uint16_t)READ_ONCE(lock->tickets) != ticket || !try_take(lock))
        look_away(&looks);
    __atomic_store_n(serving, (uint16_t)(ticket + 1), __ATOMIC_RELAXED);
}

/* Apart, so that a lock that is free needs no room for it. */
NOINLINE static void wait_for_turn(spinlock_t *lock)
{
    const uint32_t first = READ_ONCE(lock->turns);
    unsigned int looks = 0;

    while (tickets_are_out(lock) || !try_take(lock)) {
        if (READ_ONCE(lock->turns) - first > 2 * MAX_PASSED) {
            take_by_ticket(lock, looks);
            return;
        }
        look_away(&looks);
    }
}

static void take(spinlock_t *lock, const void *where) NO_LOCK_CHECK
{
    uint64_t since = 0;
    bool at_once;

    if (IS_DEBUG)
        note_taken(lock);
    at_once = !tickets_are_out(lock) && try_take(lock);
    if (IS_DEBUG && !at_once)
        since = arch_now();
    if (!at_once)
        wait_for_turn(lock);
    if (!IS_DEBUG)
        return;
    WRITE_ONCE(lock->owner, (uint16_t)(smp_processor_id() + 1));
    lock_stat_taken(lock, !at_once, at_once ? 0 : arch_now() - since, where);
}

void spin_lock(spinlock_t *lock) NO_LOCK_CHECK
{
    take(lock, __builtin_return_address(0));
}

/* Nobody else writes an odd number of turns. */
void spin_unlock(spinlock_t *lock) NO_LOCK_CHECK
{
    if (IS_DEBUG) {
        note_dropped(lock);
        lock_stat_dropped(lock);
    }
    WRITE_ONCE(lock->owner, 0);
    __atomic_store_n(&lock->turns, READ_ONCE(lock->turns) + 1, __ATOMIC_RELEASE);
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
