/* SPDX-License-Identifier: MIT */
/* Between every caller and the locks (the linker's --wrap): others come in at each border of a locked region,
 * as they do on a machine with as many CPUs as there are threads. */
#include "crew.h"

#include "arch.h"
#include "lock.h"
#include <sched.h>

void __real_spin_lock(spinlock_t *lock);
void __real_spin_unlock(spinlock_t *lock);
void __real_rspin_lock(spinlock_t *lock);
void __real_rspin_unlock(spinlock_t *lock);
void __wrap_spin_lock(spinlock_t *lock);
void __wrap_spin_unlock(spinlock_t *lock);
void __wrap_rspin_lock(spinlock_t *lock);
void __wrap_rspin_unlock(spinlock_t *lock);
void __wrap_arch_cpu_relax(void);

void __wrap_spin_lock(spinlock_t *lock)
{
    perturb();
    __real_spin_lock(lock);
}

void __wrap_spin_unlock(spinlock_t *lock)
{
    __real_spin_unlock(lock);
    perturb();
}

void __wrap_rspin_lock(spinlock_t *lock)
{
    perturb();
    __real_rspin_lock(lock);
}

void __wrap_rspin_unlock(spinlock_t *lock)
{
    __real_rspin_unlock(lock);
    perturb();
}

/* More threads than processors: who waits for a lock lets its holder run. */
void __wrap_arch_cpu_relax(void)
{
    sched_yield();
}
