/* SPDX-License-Identifier: MIT */
/* The scheduler: which CPU is best for a vCPU, and work for a CPU that has none. */
#include "heap.h"
#include "host_info.h"
#include "runqueue.h"

/* What a CPU costs a vCPU. A waiting vCPU before it costs COST_LOAD; any CPU that has nothing to do is better
 * than one that has. */
#define COST_BUSY         4096U
#define COST_LOAD         32U
#define COST_NOT_SOFT     32U /* outside its soft affinity */
#define COST_NOT_ITS_NODE 64U /* not one of its domain's nodes; more for each 8 of SLIT distance */

static unsigned int distance_cost(nodeid_t node, nodemask_t affinity)
{
    unsigned int nearest = UINT8_MAX;
    nodeid_t other;

    for_each_node_in (other, affinity)
        nearest = MIN(nearest, node_distance(other, node));
    return COST_NOT_ITS_NODE + nearest / 8;
}

static unsigned int dislike(const struct vcpu *v, unsigned int cpu)
{
    const nodemask_t affinity = READ_ONCE(v->domain->mem.node_affinity) & node_online_map;
    const nodeid_t node = host_info.cpu_node[cpu];
    unsigned int cost = cpumask_has(&v->soft_affinity, cpu) ? 0 : COST_NOT_SOFT;

    return affinity && !node_in(node, affinity) ? cost + distance_cost(node, affinity) : cost;
}

static bool is_busy(unsigned int cpu)
{
    return __atomic_load_n(&runqueues[cpu].current, __ATOMIC_RELAXED) != NULL;
}

static unsigned int cost_of(const struct vcpu *v, unsigned int cpu)
{
    const unsigned int load = READ_ONCE(runqueues[cpu].waiting) + is_busy(cpu);

    return dislike(v, cpu) + (load ? COST_BUSY + load * COST_LOAD : 0);
}

static unsigned int cheapest(const struct vcpu *v, unsigned int start)
{
    unsigned int best = v->cpu, lowest = UINT32_MAX;

    for (unsigned int i = 0; i < host_info.nr_cpus && lowest; i++) {
        unsigned int cpu = (start + i) % host_info.nr_cpus, cost;

        if (!vcpu_may_run_on(v, cpu))
            continue;
        cost = cost_of(v, cpu);
        if (cost < lowest) {
            lowest = cost;
            best = cpu;
        }
    }
    return best;
}

unsigned int choose_cpu(const struct vcpu *v, unsigned int start)
{
    return cheapest(v, start);
}

unsigned int sched_new_cpu(struct domain *d)
{
    static unsigned int next; /* where the search begins, so that equal CPUs take turns */
    const struct vcpu any = {.domain = d, .hard_affinity = CPUMASK_ALL, .soft_affinity = CPUMASK_ALL};
    unsigned int cpu = cheapest(&any, READ_ONCE(next));

    WRITE_ONCE(next, cpu + 1);
    return cpu;
}

/* ---- work for an idle CPU ---- */

/* Is V the one to take: it may run here, and, unless NEEDY, it likes this CPU no less than that for which it
 * waits. */
static bool suits(const struct vcpu *v, bool needy)
{
    const unsigned int here = smp_processor_id();

    return vcpu_may_run(v) && vcpu_may_run_on(v, here) && (needy || dislike(v, here) <= dislike(v, v->cpu));
}

static struct vcpu *steal_from(struct runqueue *rq, bool needy)
{
    struct vcpu *v;

    spin_lock(&rq->lock);
    v = queue_first(rq);
    while (v && !suits(v, needy))
        v = queue_next(rq, v);
    if (v) { /* it runs before the lock is dropped: nobody else moves or removes it from then on */
        queue_take(rq, v);
        __atomic_store_n(&v->cpu, smp_processor_id(), __ATOMIC_RELEASE);
    }
    spin_unlock(&rq->lock);
    return v;
}

/* A CPU that runs nobody is about to take the first itself. */
static bool has_too_many(unsigned int cpu)
{
    return READ_ONCE(runqueues[cpu].waiting) > !is_busy(cpu);
}

static struct vcpu *steal_on_node(nodeid_t node, bool needy)
{
    struct vcpu *v = NULL;

    for (unsigned int cpu = 0; cpu_is_online(cpu) && !v; cpu++)
        if (host_info.cpu_node[cpu] == node && has_too_many(cpu))
            v = steal_from(&runqueues[cpu], needy);
    return v;
}

static bool anybody_waits(void)
{
    unsigned int cpu = 0;

    while (cpu_is_online(cpu) && !has_too_many(cpu))
        cpu++;
    return cpu_is_online(cpu);
}

struct vcpu *queue_steal(void)
{
    const nodeid_t here = host_info.cpu_node[smp_processor_id()];
    struct vcpu *v = NULL;
    nodeid_t node;

    if (!anybody_waits())
        return NULL;
    for (unsigned int needy = 0; needy < 2 && !v; needy++)
        for (unsigned int i = 0; !v && (node = node_fallback(here, i)) != NUMA_NO_NODE; i++)
            v = steal_on_node(node, needy);
    return v;
}
