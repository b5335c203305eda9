/* SPDX-License-Identifier: MIT */
/* Free RAM, SRAT and SLIT put together: RAM ranges by node, CPUs by node, distances. */
#include "topology.h"
#include "error.h"
#include "log.h"
#include "node.h"
#include "topology_ram.h"
#include <string.h>

#define MAX_PROXIMITY (MAX_MEM_AFFINITY + MAX_CPUS + 1) /* one more for RAM that no entry mentions */

/* Used at boot only, by one CPU; too big for the stack. */
static struct ram_pieces ram;
static uint32_t domains[MAX_PROXIMITY]; /* in use, ascending */
static unsigned int nr_domains;

/* Index of the first domain in use that is not below DOMAIN. */
static unsigned int domain_index(uint32_t domain)
{
    unsigned int i = 0;

    while (i < nr_domains && domains[i] < domain)
        i++;
    return i;
}

static void use_domain(uint32_t domain)
{
    unsigned int at = domain_index(domain);

    if (at < nr_domains && domains[at] == domain)
        return;
    ASSERT(nr_domains < MAX_PROXIMITY);
    memmove(&domains[at + 1], &domains[at], (nr_domains - at) * sizeof(domains[0]));
    domains[at] = domain;
    nr_domains++;
}

static nodeid_t node_of_domain(uint32_t domain)
{
    return (nodeid_t)MIN(domain_index(domain), MAX_NUMNODES - 1U);
}

static void number_nodes(const struct machine *m, struct topology *t)
{
    nr_domains = 0;
    for (unsigned int i = 0; i < ram.nr; i++)
        use_domain(ram.piece[i].domain);
    for (unsigned int i = 0; i < m->nr_cpus; i++)
        if (m->cpus[i].enabled && m->cpus[i].has_domain)
            use_domain(m->cpus[i].domain);

    if (nr_domains > MAX_NUMNODES)
        log_warn("SRAT: %u proximity domains, those after the first %u join node %u\n", nr_domains,
                 MAX_NUMNODES, MAX_NUMNODES - 1);
    t->nr_nodes = MIN(nr_domains, (unsigned int)MAX_NUMNODES);
    for (nodeid_t n = 0; n < t->nr_nodes; n++) {
        t->proximity[n] = domains[n];
        t->online |= node_bit(n);
    }
}

static bool add_range(struct topology *t, mfn_t start, mfn_t end, nodeid_t node)
{
    struct mem_range *last = t->nr_ranges ? &t->ranges[t->nr_ranges - 1] : NULL;

    if (last && last->end.v == start.v && last->node == node) {
        last->end = end;
        return true;
    }
    if (t->nr_ranges == TOPOLOGY_MAX_RANGES)
        return false;
    t->ranges[t->nr_ranges++] = (struct mem_range){start, end, node};
    return true;
}

static void place_ram(struct topology *t)
{
    unsigned int dropped = 0;

    for (unsigned int i = 0; i < ram.nr; i++) {
        const struct ram_piece *p = &ram.piece[i];
        if (!add_range(t, paddr_to_mfn(paddr(p->start)), paddr_to_mfn(paddr(p->end)),
                       node_of_domain(p->domain)))
            dropped++;
    }
    if (dropped)
        log_warn("RAM: more than %u ranges, the last %u stay unused\n", TOPOLOGY_MAX_RANGES, dropped);
}

static void place_cpus(const struct machine *m, struct topology *t)
{
    unsigned int unknown = 0;

    t->nr_cpus = m->nr_cpus;
    for (unsigned int i = 0; i < m->nr_cpus; i++) {
        const struct cpu_desc *cpu = &m->cpus[i];
        unsigned int at = domain_index(cpu->domain);
        bool known = cpu->has_domain && at < nr_domains && domains[at] == cpu->domain;
        t->cpu_node[i] = known ? node_of_domain(cpu->domain) : 0;
        unknown += cpu->enabled && !cpu->has_domain;
    }
    if (unknown && machine_has_srat(m))
        log_warn("SRAT: %u CPUs have no entry, they go to node 0\n", unknown);
}

/* The value between two nodes of a SLIT that covers both, or 0 when it is one that SLIT cannot have. */
static uint8_t slit_distance(const struct machine *m, uint32_t from, uint32_t to)
{
    uint8_t d = m->slit[from * m->slit_size + to];

    return d < NODE_DISTANCE_LOCAL || (from == to && d != NODE_DISTANCE_LOCAL) ? 0 : d;
}

/* Rows and columns of the nodes; asymmetry is the machine's right. False after a warning when SLIT is absurd.
 */
static bool take_slit(const struct machine *m, struct topology *t)
{
    uint32_t highest = t->proximity[t->nr_nodes - 1];

    if (m->slit_size == 0)
        return false;
    if (highest >= m->slit_size) {
        log_warn("SLIT ignored: it is read up to domain %u, RAM or CPUs are in domain %u\n", m->slit_size - 1,
                 highest);
        return false;
    }
    for (unsigned int i = 0; i < t->nr_nodes * t->nr_nodes; i++) {
        uint32_t from = t->proximity[i / t->nr_nodes], to = t->proximity[i % t->nr_nodes];
        t->distance[i] = slit_distance(m, from, to);
        if (!t->distance[i]) {
            log_warn("SLIT ignored: distance %u from domain %u to domain %u\n",
                     m->slit[from * m->slit_size + to], from, to);
            return false;
        }
    }
    return true;
}

static void set_distances(const struct machine *m, struct topology *t)
{
    if (take_slit(m, t))
        return;
    for (unsigned int i = 0; i < t->nr_nodes * t->nr_nodes; i++)
        t->distance[i] = i / t->nr_nodes == i % t->nr_nodes ? NODE_DISTANCE_LOCAL : NODE_DISTANCE_DEFAULT;
}

int topology_build(const struct boot_info *bi, const struct machine *m, struct topology *t)
{
    memset(t, 0, sizeof(*t));
    ram_find_pieces(bi, m, &ram);
    if (ram.nr == 0) {
        log_err("RAM: the firmware's memory map has no free page from 1 MiB on\n");
        return -ENOMEM;
    }
    number_nodes(m, t);
    place_ram(t);
    place_cpus(m, t);
    set_distances(m, t);
    return 0;
}

nodeid_t topology_cpu_node(const struct topology *t, unsigned int cpu)
{
    return cpu < t->nr_cpus ? t->cpu_node[cpu] : 0;
}
