/* SPDX-License-Identifier: MIT */
/* NUMA nodes: online map, distances, and for each node the others by distance. */
#include "node.h"

nodemask_t node_online_map;

static uint8_t distances[MAX_NUMNODES][MAX_NUMNODES];
static nodeid_t fallback[MAX_NUMNODES][MAX_NUMNODES];
static unsigned int nr_online;

/* Insertion sort: stable, so ascending ids break ties. */
static void sort_fallback(nodeid_t from)
{
    unsigned int count = 0;
    nodeid_t node;

    for_each_node_in (node, node_online_map & ~node_bit(from)) {
        unsigned int i = ++count;

        for (; i > 1 && distances[from][fallback[from][i - 1]] > distances[from][node]; i--)
            fallback[from][i] = fallback[from][i - 1];
        fallback[from][i] = node;
    }
    fallback[from][0] = from;
}

void nodes_init(nodemask_t online, const uint8_t *distance, unsigned int nr)
{
    nodeid_t from;

    node_online_map = online;
    nr_online = 0;
    for (unsigned int i = 0; i < MAX_NUMNODES; i++)
        for (unsigned int j = 0; j < MAX_NUMNODES; j++)
            distances[i][j] = distance && i < nr && j < nr ? distance[i * nr + j]
                              : i == j                     ? NODE_DISTANCE_LOCAL
                                                           : NODE_DISTANCE_DEFAULT;
    for_each_node_in (from, online) {
        sort_fallback(from);
        nr_online++;
    }
}

uint8_t node_distance(nodeid_t from, nodeid_t to)
{
    return distances[from][to];
}

nodeid_t node_fallback(nodeid_t from, unsigned int i)
{
    return i < nr_online ? fallback[from][i] : NUMA_NO_NODE;
}

unsigned int nr_node_ids(void)
{
    return node_online_map ? fls64(node_online_map) + 1 : 0;
}
