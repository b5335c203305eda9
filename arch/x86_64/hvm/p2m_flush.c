/* SPDX-License-Identifier: MIT */
/* Flushing translations out of all CPUs: see docs/design.md, "Translations and who may keep them". Pure C,
 * runs on the host. */
#include "domheap.h"
#include "p2m.h"

#define KICK_AGAIN_NS 1000000UL /* interrupts between CPUs get lost under emulators */

struct p2m_user p2m_users[MAX_CPUS];

void p2m_attach(struct arch_domain *a)
{
    BUG_ON(!a->p2m);
    cpumask_add(&a->running_on, smp_processor_id());
}

void p2m_detach(struct arch_domain *a)
{
    cpumask_remove(&a->running_on, smp_processor_id());
}

/* Does the CPU use translations of a from before GENERATION? When it runs another domain by now, that one's
 * generations say nothing, but then its bit is gone: it is looked at last. */
static bool lags_behind(const struct arch_domain *a, unsigned int cpu, uint64_t generation)
{
    uint64_t used = __atomic_load_n(&p2m_users[cpu].generation, __ATOMIC_SEQ_CST);

    return used && used < generation && cpumask_has(&a->running_on, cpu);
}

/* Kick those who lag behind if KICK; is there any? */
static bool any_lags_behind(const struct arch_domain *a, uint64_t generation, bool kick)
{
    bool any = false;
    unsigned int cpu;

    for_each_cpu_in (cpu, &a->running_on) {
        if (!lags_behind(a, cpu, generation))
            continue;
        any = true;
        if (kick)
            arch_cpu_kick(cpu);
    }
    return any;
}

static void wait_for_users(const struct arch_domain *a, uint64_t generation)
{
    while (any_lags_behind(a, generation, true)) {
        uint64_t again = arch_now() + KICK_AGAIN_NS;

        while (any_lags_behind(a, generation, false) && arch_now() < again)
            arch_cpu_relax();
    }
}

void p2m_flush(struct arch_domain *a)
{
    if (!a->p2m_owes_flush)
        return;
    wait_for_users(a, __atomic_add_fetch(&a->p2m_generation, 1, __ATOMIC_SEQ_CST));
    a->p2m_owes_flush = false;
    ASSERT(a->p2m_retired_at < a->p2m_generation);
    while (!page_list_empty(&a->p2m_retired))
        paging_free_page(a->mem, page_list_pop(&a->p2m_retired));
}
