/* SPDX-License-Identifier: MIT */
/* Where vCPUs may and should run, and the nodes that follow from it for their domain's memory. */
#include "affinity.h"
#include "host_info.h"
#include "node.h"
#include "runqueue.h"

void vcpu_set_affinity(struct vcpu *v, const struct cpumask *hard, const struct cpumask *soft)
{
    queue_lock(v);
    v->hard_affinity = *hard;
    v->soft_affinity = *soft;
    queue_recall(v);
    queue_unlock(v);
    vcpu_reconsider(v);
}

static bool has_all(const struct cpumask *m, const struct cpumask *online)
{
    unsigned int cpu;

    for_each_cpu_in (cpu, online)
        if (!cpumask_has(m, cpu))
            return false;
    return true;
}

static nodemask_t nodes_of(const struct cpumask *cpus)
{
    nodemask_t nodes = 0;
    unsigned int cpu;

    for_each_cpu_in (cpu, cpus)
        nodes |= node_bit(host_info.cpu_node[cpu]);
    return nodes;
}

void domain_update_node_affinity(struct domain *d)
{
    struct cpumask online = cpu_online_mask(), hard = CPUMASK_NONE, soft = CPUMASK_NONE;
    nodemask_t nodes = node_online_map;

    if (!d->mem.auto_node_affinity)
        return;
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (!d->vcpu[i])
            continue;
        hard = cpumask_or(&hard, &d->vcpu[i]->hard_affinity);
        soft = cpumask_or(&soft, &d->vcpu[i]->soft_affinity);
    }
    hard = cpumask_and(&hard, &online);
    soft = cpumask_and(&soft, &hard);
    if (cpumask_is_empty(&soft))
        soft = hard;
    if (!cpumask_is_empty(&soft) && !has_all(&soft, &online))
        nodes = nodes_of(&soft);
    WRITE_ONCE(d->mem.node_affinity, nodes);
}
