/* SPDX-License-Identifier: MIT */
/* In which order the nodes are searched for a block: request, affinity, distance. */
#include "placement.h"

void node_search_start(struct node_search *s, unsigned int memflags, const struct domain_mem *d)
{
    nodeid_t node = MEMF_get_node(memflags);
    bool exact = memflags & MEMF_exact_node;
    nodemask_t affinity = d ? d->node_affinity & node_online_map : exact ? node_online_map : 0;

    s->first = node_in(node, node_online_map) ? node : NUMA_NO_NODE;
    s->last = d ? d->last_alloc_node : 0;
    s->near = NUMA_NO_NODE;
    s->step = 0;
    s->affine = exact && node != NUMA_NO_NODE ? 0 : affinity;
    s->others = exact ? 0 : node_online_map & ~affinity;
    if (s->first != NUMA_NO_NODE) {
        s->affine &= ~node_bit(node);
        s->others &= ~node_bit(node);
    }
}

static nodeid_t next_affine(struct node_search *s)
{
    nodemask_t above = s->affine & ~((2UL << s->last) - 1);
    nodeid_t node = (nodeid_t)ffs64(above ? above : s->affine);

    s->affine &= ~node_bit(node);
    return node;
}

static nodeid_t next_other(struct node_search *s)
{
    nodeid_t node;

    if (!s->others)
        return NUMA_NO_NODE;
    if (s->near == NUMA_NO_NODE)
        s->near = (nodeid_t)ffs64(s->others);
    do {
        node = node_fallback(s->near, s->step++);
    } while (node != NUMA_NO_NODE && !node_in(node, s->others));
    return node;
}

nodeid_t node_search_next(struct node_search *s)
{
    nodeid_t node = s->first;

    if (node != NUMA_NO_NODE)
        s->first = NUMA_NO_NODE;
    else if (s->affine)
        node = next_affine(s);
    else
        return next_other(s);
    if (s->near == NUMA_NO_NODE)
        s->near = node; /* the request, or the best of the affinity set */
    return node;
}
