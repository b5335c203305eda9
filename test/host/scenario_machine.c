/* SPDX-License-Identifier: MIT */
/* The fake machine that a scenario's `host` lines ask for. */
#include "scenario_machine.h"
#include "machine.h"
#include <string.h>

#define DEFAULT_NODES 2U
#define DEFAULT_PAGES 16384UL
#define HOST_LIMIT    (1UL << 20) /* pages of all nodes together, unless given: all get touched */

/* What the `host` lines of a file need: so many nodes, of this size; a node between others that is 0 on every
 * line is a hole. */
static void survey(const struct scenario *s, unsigned int *nr_nodes, uint64_t *largest, uint64_t *sum)
{
    static struct args a;
    struct line l = {0};

    while (next_line(s, &l)) {
        struct text ignored = {0};
        if (parse_line(&a, l.s, l.len, &ignored) != PARSE_COMMAND || strcmp(a.cmd->name, "host"))
            continue;
        if (a.list.nr > *nr_nodes)
            *nr_nodes = a.list.nr;
        for (unsigned int i = 0; i < a.list.nr; i++) {
            sum[i] |= a.list.v[i];
            if (a.list.v[i] > *largest)
                *largest = a.list.v[i];
        }
    }
}

/* Pages of a node from which an aligned run of LARGEST pages can be left over, within reason. */
static uint64_t node_size(uint64_t largest, unsigned int nodes)
{
    uint64_t pages = DEFAULT_PAGES;

    while (pages < 2 * largest && 2 * pages * nodes <= HOST_LIMIT)
        pages *= 2;
    return pages;
}

void scenario_machine_create(const struct scenario *s, unsigned int nodes, uint64_t pages)
{
    unsigned int named = 0;
    uint64_t largest = 0, sum[MAX_NODES] = {0};
    struct machine_config config = {0};

    survey(s, &named, &largest, sum);
    config.nr_nodes = nodes ? nodes : named ? named : DEFAULT_NODES;
    if (!pages)
        pages = node_size(largest, config.nr_nodes);
    for (unsigned int i = 0; i < config.nr_nodes; i++) {
        bool hole = i && i + 1 < named && !sum[i];
        config.pages[i] = hole ? 0 : pages;
    }
    machine_create(&config);
}
