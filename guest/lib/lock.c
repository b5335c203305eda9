/* SPDX-License-Identifier: MIT */
/* Locks and barriers between the vCPUs of a guest program. */
#include "guest.h"
#include "vcpu_block.h"

#define SPINS     64U /* between two times that a waiter gives its CPU away */
#define RFLAGS_IF 0x200UL

void smp_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

void smp_wait(unsigned int n)
{
    if (n % SPINS)
        smp_pause();
    else
        guest_yield();
}

bool guest_trylock(struct guest_lock *l)
{
    return !__atomic_exchange_n(&l->held, true, __ATOMIC_ACQUIRE);
}

void guest_lock(struct guest_lock *l)
{
    unsigned int n = 1;

    while (!guest_trylock(l))
        while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
            smp_wait(n++);
}

void guest_unlock(struct guest_lock *l)
{
    __atomic_store_n(&l->held, false, __ATOMIC_RELEASE);
}

uint64_t lock_quietly(struct guest_lock *l)
{
    uint64_t flags;

    __asm__ volatile("pushf\n\tpop %0" : "=r"(flags));
    if (flags & RFLAGS_IF)
        __asm__ volatile("cli" : : : "memory");
    guest_lock(l);
    return flags;
}

void unlock_quietly(struct guest_lock *l, uint64_t flags)
{
    guest_unlock(l);
    if (flags & RFLAGS_IF)
        __asm__ volatile("sti" : : : "memory");
}

void smp_barrier_init(struct smp_barrier *b, unsigned int n)
{
    *b = (struct smp_barrier){.n = n};
}

/* The last one makes the barrier ready for the next round before it lets the others go. */
void smp_barrier_wait(struct smp_barrier *b)
{
    unsigned int round = __atomic_load_n(&b->round, __ATOMIC_ACQUIRE);

    if (__atomic_add_fetch(&b->arrived, 1, __ATOMIC_ACQ_REL) == b->n) {
        __atomic_store_n(&b->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&b->round, round + 1, __ATOMIC_RELEASE);
        return;
    }
    for (unsigned int n = 1; __atomic_load_n(&b->round, __ATOMIC_ACQUIRE) == round; n++)
        smp_wait(n);
}
