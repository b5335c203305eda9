/* SPDX-License-Identifier: MIT */
/* Spinlocks with a rank, so that debug builds panic on a wrong lock order. Who waits is passed by others a
 * bounded number of times. */
#pragma once

#include "types.h"

/* The lock order of the whole hypervisor: a lock may only be taken while all held ones have a lower rank. So
 * of those that share a rank no two are ever held together. */
enum lock_rank {
    RANK_DOMCTL = 1, /* one management operation at a time on a domain: domain->domctl_lock; context_lock (the
                      * buffer of hvmcontext), noref_lock (blocks that the debug sysctl allocated) */
    RANK_DOMLIST,    /* table_lock (domains, kernel/domain.c); end_lock (boot domains that live) */
    RANK_EVENT_BIND, /* event_bind_lock: event channels are opened and closed */
    RANK_GRANT,      /* a domain's grant table and what it has mapped of others */
    RANK_P2M,        /* a domain's nested page table */
    RANK_PAGE_ALLOC, /* domain_mem->page_alloc_lock (recursive) */
    RANK_PAGING,     /* a domain's paging pool */
    RANK_HEAP,       /* heap_lock: heap and claims, see spec section 2 */
    RANK_EVENT,      /* a domain's event channels */
    RANK_TIMER,      /* a CPU's list of timers */
    RANK_SCHED,      /* a run queue */
    RANK_RING,       /* a domain's console and xenstore rings; input_lock (what was typed) */
    RANK_CONSOLE,    /* the console and the log; taken by printk, so it comes last but for: */
    RANK_MESSAGES,   /* the ring of last messages */
};

typedef struct CAPABILITY("mutex") spinlock {
    uint32_t turns;   /* odd: somebody holds it; one more when it is taken, and when it is dropped */
    uint32_t tickets; /* of those who have waited for long; low half: who is next, high half: the next to hand
                         out */
    uint8_t rank;
    uint8_t depth;  /* recursion depth of a recursive lock */
    uint16_t owner; /* CPU that holds it, plus 1; 0 when free. Release builds: of recursive locks only */
    const char *name;
} spinlock_t;

#define SPINLOCK_INIT(lock_rank, lock_name)                                                                  \
    {                                                                                                        \
        .rank = (lock_rank), .name = (lock_name)                                                             \
    }

void spin_lock_init(spinlock_t *lock, enum lock_rank rank, const char *name);
void spin_lock(spinlock_t *lock) ACQUIRES(*lock);
void spin_unlock(spinlock_t *lock) RELEASES(*lock);
/* The same CPU may take a recursive lock again; it is free after as many unlocks. */
void rspin_lock(spinlock_t *lock) ACQUIRES(*lock);
void rspin_unlock(spinlock_t *lock) RELEASES(*lock);
/* Does this CPU hold it? In release builds only of a recursive lock. */
bool spin_is_mine(const spinlock_t *lock);
