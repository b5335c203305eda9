/* SPDX-License-Identifier: MIT */
/* In which order the nodes are searched for a block: request, affinity, distance. */
#include "placement.h"

/* What the search covers besides the requested node. */
static void collect_nodes(struct node_search *s)
{
    const nodeid_t requested = MEMF_get_node(s->memflags);
    const bool exact = s->memflags & MEMF_exact_node;
    const nodemask_t affinity = s->d    ? READ_ONCE(s->d->node_affinity) & node_online_map
                                : exact ? node_online_map
                                        : 0;

    s->affine = exact && requested != NUMA_NO_NODE ? 0 : affinity;
    s->others = exact ? 0 : node_online_map & ~affinity;
    if (requested < MAX_NUMNODES) {
        s->affine &= ~node_bit(requested);
        s->others &= ~node_bit(requested);
    }
}

static nodeid_t next_affine(struct node_search *s)
{
    const nodeid_t last = s->d ? s->d->last_alloc_node : MAX_NUMNODES - 1; /* nobody: as in Xen the lowest */
    const nodemask_t above = s->affine & ~((2UL << last) - 1);
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

/* The nodes behind the requested one; the first of them when there is no such node. */
static nodeid_t next_node(struct node_search *s)
{
    nodeid_t node;

    if (!s->affine)
        return next_other(s);
    node = next_affine(s);
    if (s->near == NUMA_NO_NODE)
        s->near = node; /* no request: the best of the affinity set */
    return node;
}

nodeid_t node_search_next(struct node_search *s)
{
    const nodeid_t requested = MEMF_get_node(s->memflags);

    if (!s->started) {
        s->started = true;
        s->near = node_in(requested, node_online_map) ? requested : NUMA_NO_NODE;
        if (s->near != NUMA_NO_NODE)
            return requested;
    }
    if (!s->collected) {
        s->collected = true;
        collect_nodes(s);
    }
    return next_node(s);
}
