/* SPDX-License-Identifier: MIT */
/* Which domains a storm has: together they want about all memory that is free, and on some nodes more than
 * there is. */
#include "storm.h"
#include <guest_random.h>
#include <stdio.h>
#include <string.h>

#define POOL_PAGES  96U  /* nested tables and the hypervisor's own for each domain, about */
#define EVACUATED   2U   /* nodes that domains leave */
#define TOO_MUCH    100U /* percent of the free memory that a storm asks for, at least */
#define ENOUGH      90U  /* an evacuation: of its two nodes */
#define FULL_BEFORE 92U  /* percent of their memory that was in use there, and */
#define USED_BEFORE 70U  /* elsewhere */

/* Domains that share some nodes. */
struct group {
    enum role role;
    unsigned int nr; /* domains */
    unsigned int nr_nodes, node[MAX_NODES];
    unsigned int percent; /* of the nodes' free memory that they want together */
    unsigned int spread;  /* how much more or less than that a single node is asked for, at most; percent */
};

/* A node's free memory, less what the hypervisor will take for the domains. */
static uint64_t usable(const struct storm *s, const struct machine *m, unsigned int node)
{
    uint64_t free = m->node[node].free, all = 0, overhead;

    for (unsigned int i = 0; i < m->nr_nodes; i++)
        all += m->node[i].free;
    overhead = all ? s->nr * POOL_PAGES * free / all : 0;
    return free > overhead ? free - overhead : 0;
}

/* Which nodes it wants, and how much in relation to others. */
static void draw(struct storm_domain *d, const struct group *g, unsigned int number)
{
    unsigned int first = number % g->nr_nodes, weight = 20 + (unsigned int)random_below(41), part;

    *d = (struct storm_domain){.role = g->role, .order_limit = random_below(3) ? 10 : 1, .nr_wanted = 1};
    d->wanted[0] = (struct xen_memory_claim){.pages = weight, .target = g->node[first]};
    if (g->nr_nodes == 1 || random_below(2))
        return;
    part = weight * (1 + (unsigned int)random_below(3)) / 4;
    d->nr_wanted = 2;
    d->wanted[0].pages = weight - part;
    d->wanted[1] = (struct xen_memory_claim){
        .pages = part,
        .target = g->node[(first + 1 + random_below(g->nr_nodes - 1)) % g->nr_nodes],
    };
}

/* Weights become pages: so many on this node. */
static void scale(struct storm_domain *d, const struct group *g, unsigned int node, uint64_t pages)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < g->nr; i++)
        for (unsigned int w = 0; w < d[i].nr_wanted; w++)
            sum += d[i].wanted[w].target == node ? d[i].wanted[w].pages : 0;
    for (unsigned int i = 0; i < g->nr; i++)
        for (unsigned int w = 0; w < d[i].nr_wanted; w++)
            if (d[i].wanted[w].target == node)
                d[i].wanted[w].pages = pages * d[i].wanted[w].pages / sum;
}

/* So much of the nodes' usable memory; of each node a little more or less. */
static void share_out(const struct storm *s, const struct machine *m, struct storm_domain *d,
                      const struct group *g)
{
    uint64_t load[MAX_NODES], all = 0, loads = 0;

    for (unsigned int i = 0; i < g->nr_nodes; i++) {
        uint64_t pages = usable(s, m, g->node[i]);

        load[i] = pages * (100 - g->spread + random_below(2 * g->spread + 1));
        all += pages;
        loads += load[i];
    }
    for (unsigned int i = 0; i < g->nr_nodes && loads; i++)
        scale(d, g, g->node[i], all * g->percent / 100 * load[i] / loads);
}

static void finish(struct storm_domain *d)
{
    for (unsigned int w = 0; w < d->nr_wanted; w++)
        d->pages += d->wanted[w].pages;
    if (d->pages < MIN_PAGES) {
        d->wanted[0].pages += MIN_PAGES - d->pages;
        d->pages = MIN_PAGES;
    }
}

static void add_group(struct storm *s, const struct machine *m, const struct group *g)
{
    struct storm_domain *d = &s->domain[s->nr];

    if (!g->nr_nodes)
        return;
    for (unsigned int i = 0; i < g->nr; i++)
        draw(&d[i], g, i);
    share_out(s, m, d, g);
    for (unsigned int i = 0; i < g->nr; i++)
        finish(&d[i]);
    s->nr += g->nr;
}

static void shuffle(struct storm_domain *d, unsigned int nr)
{
    for (unsigned int i = nr; i > 1; i--) {
        unsigned int other = (unsigned int)random_below(i);
        struct storm_domain swap = d[i - 1];

        d[i - 1] = d[other];
        d[other] = swap;
    }
}

/* From the FIRST node with memory on, COUNT of them at most. */
static void set_nodes(struct group *g, const struct machine *m, unsigned int first, unsigned int count)
{
    for (unsigned int n = 0, seen = 0; n < m->nr_nodes; n++)
        if (m->node[n].free && seen++ >= first && g->nr_nodes < count)
            g->node[g->nr_nodes++] = n;
}

bool plan(struct storm *s, const struct machine *m)
{
    unsigned int nr = s->nr;
    struct group arrive = {.role = ARRIVES, .spread = s->evacuate ? 2 : 15};
    struct group leave = {.role = LEAVES, .percent = FULL_BEFORE},
                 stay = {.role = STAYS, .percent = USED_BEFORE};

    random_seed(s->seed);
    arrive.percent = (s->evacuate ? ENOUGH : TOO_MUCH) + (unsigned int)random_below(11);
    set_nodes(&arrive, m, 0, s->evacuate ? EVACUATED : MAX_NODES);
    set_nodes(&leave, m, 0, EVACUATED);
    set_nodes(&stay, m, EVACUATED, MAX_NODES);
    if (s->evacuate && stay.nr_nodes)
        stay.nr = nr / 3;
    if (s->evacuate)
        leave.nr = (nr - stay.nr) / 2;
    arrive.nr = nr - leave.nr - stay.nr;
    s->nr = 0;
    memset(s->domain, 0, sizeof(s->domain));
    add_group(s, m, &arrive);
    add_group(s, m, &leave);
    add_group(s, m, &stay);
    shuffle(s->domain, s->nr);
    return s->nr == nr;
}
