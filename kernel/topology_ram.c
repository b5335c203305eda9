/* SPDX-License-Identifier: MIT */
/* The firmware's free RAM cut along SRAT's memory affinities. */
#include "topology_ram.h"
#include "log.h"

#define FIRST_ADDRESS MiB /* what lies below belongs to firmware conventions and to starting CPUs */

bool machine_has_srat(const struct machine *m)
{
    for (unsigned int i = 0; i < m->nr_cpus; i++)
        if (m->cpus[i].has_domain)
            return true;
    return m->nr_mem > 0;
}

static uint64_t gap(const struct mem_affinity *a, uint64_t start, uint64_t end)
{
    return a->end <= start ? start - a->end : a->start - end;
}

/* For RAM that no affinity mentions: the domain of the nearest affinity, the earlier entry of two that are
 * equally far; without any, the lowest domain of a CPU, or 0. */
static uint32_t nearest_domain(const struct machine *m, uint64_t start, uint64_t end)
{
    const struct mem_affinity *best = NULL;
    const struct cpu_desc *lowest = NULL;

    for (unsigned int i = 0; i < m->nr_mem; i++)
        if (!best || gap(&m->mem[i], start, end) < gap(best, start, end))
            best = &m->mem[i];
    if (best)
        return best->domain;
    for (unsigned int i = 0; i < m->nr_cpus; i++) {
        const struct cpu_desc *cpu = &m->cpus[i];
        if (cpu->enabled && cpu->has_domain && (!lowest || cpu->domain < lowest->domain))
            lowest = cpu;
    }
    return lowest ? lowest->domain : 0;
}

/* The affinity that decides about the byte at *START; *END is lowered to where that may change. */
static const struct mem_affinity *deciding_affinity(const struct machine *m, uint64_t start, uint64_t *end)
{
    for (unsigned int i = 0; i < m->nr_mem; i++) {
        const struct mem_affinity *a = &m->mem[i];
        if (a->start > start) {
            *end = MIN(*end, a->start);
        } else if (start < a->end) {
            *end = MIN(*end, a->end);
            return a;
        }
    }
    return NULL;
}

static void add_piece(struct ram_pieces *ram, uint64_t start, uint64_t end, uint32_t domain)
{
    struct ram_piece *last = ram->nr ? &ram->piece[ram->nr - 1] : NULL;

    if (last && last->end == start && last->domain == domain) {
        last->end = end;
        return;
    }
    ASSERT(ram->nr < MAX_RAM_PIECES);
    ram->piece[ram->nr++] = (struct ram_piece){start, end, domain};
}

/* Cut one free range along the affinities. Returns the bytes that none of them covers. */
static uint64_t add_free_range(struct ram_pieces *ram, const struct machine *m, uint64_t start, uint64_t end)
{
    uint64_t uncovered = 0;

    while (start < end) {
        uint64_t until = end;
        const struct mem_affinity *a = deciding_affinity(m, start, &until);
        add_piece(ram, start, until, a ? a->domain : nearest_domain(m, start, until));
        uncovered += a ? 0 : until - start;
        start = until;
    }
    return uncovered;
}

/* Whole pages only; a piece without one is none. */
static void align_pieces(struct ram_pieces *ram)
{
    unsigned int kept = 0;

    for (unsigned int i = 0; i < ram->nr; i++) {
        struct ram_piece p = ram->piece[i];
        p.start = (p.start + PAGE_SIZE - 1) & PAGE_MASK;
        p.end &= PAGE_MASK;
        if (p.start < p.end)
            ram->piece[kept++] = p;
    }
    ram->nr = kept;
}

static bool contradict(const struct mem_affinity *a, const struct mem_affinity *b)
{
    return a->domain != b->domain && a->start < b->end && b->start < a->end;
}

static void warn_overlaps(const struct machine *m)
{
    const struct mem_affinity *a = NULL, *b = NULL;
    unsigned int count = 0;

    for (unsigned int i = 0; i < m->nr_mem; i++)
        for (unsigned int k = i + 1; k < m->nr_mem; k++)
            if (contradict(&m->mem[i], &m->mem[k]) && count++ == 0) {
                a = &m->mem[i];
                b = &m->mem[k];
            }
    if (count)
        log_warn("SRAT: 0x%lx-0x%lx of domain %u and 0x%lx-0x%lx of domain %u overlap (%u such pairs): the "
                 "earlier entry wins\n",
                 a->start, a->end, a->domain, b->start, b->end, b->domain, count);
}

void ram_find_pieces(const struct boot_info *bi, const struct machine *m, struct ram_pieces *ram)
{
    uint64_t limit = arch_phys_limit(), uncovered = 0, beyond = 0;

    ram->nr = 0;
    warn_overlaps(m);
    for (unsigned int i = 0; i < bi->nr_ranges; i++) {
        const struct boot_range *r = &bi->ranges[i];
        if (r->type != BOOT_RANGE_FREE)
            continue;
        uncovered += add_free_range(ram, m, MAX(r->start, FIRST_ADDRESS), MIN(r->end, limit));
        beyond += r->end > limit ? r->end - MAX(r->start, limit) : 0;
    }
    align_pieces(ram);
    if (uncovered && machine_has_srat(m))
        log_warn("SRAT: %lu KiB of RAM are in no range of it, they go to the nearest range's node\n",
                 uncovered / KiB);
    if (beyond)
        log_warn("RAM: %lu MiB beyond 0x%lx are out of reach\n", beyond / MiB, limit);
}
