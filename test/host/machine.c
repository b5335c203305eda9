/* SPDX-License-Identifier: MIT */
/* The fake machine: RAM and frame table are anonymous mappings of this process. */
#include "machine.h"

#include "heap.h"
#include "log.h"
#include <string.h>
#include <sys/mman.h>

#define GIB_FRAMES (1UL << MAX_ORDER)
#define GARBAGE    0xa5

char *direct_map;

static struct mem_range ranges[MAX_NUMNODES];
static unsigned int nr_ranges;
static void *arena, *table;
static size_t arena_size, table_size;
static _Thread_local unsigned int this_cpu;

unsigned int smp_processor_id(void)
{
    return this_cpu;
}

void machine_set_cpu(unsigned int cpu)
{
    this_cpu = cpu;
}

static void *map_memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    BUG_ON(p == MAP_FAILED);
    return p;
}

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* The largest block that the node's RAM may hold in one piece. */
static uint64_t natural_alignment(unsigned long pages)
{
    uint64_t size = 1UL << fls64(pages);

    return MIN(size < pages ? size * 2 : size, GIB_FRAMES);
}

static nodemask_t lay_out(const struct machine_config *config)
{
    uint64_t next = config->first_mfn ? config->first_mfn : MiB >> PAGE_SHIFT;
    nodemask_t online = 0;

    nr_ranges = 0;
    for (unsigned int n = 0; n < config->nr_nodes; n++) {
        if (!config->pages[n])
            continue;
        next = round_up(next, natural_alignment(config->pages[n]));
        ranges[nr_ranges++] = (struct mem_range){mfn(next), mfn(next + config->pages[n]), (nodeid_t)n};
        next += config->pages[n];
        online |= node_bit((nodeid_t)n);
    }
    BUG_ON(!nr_ranges);
    return online;
}

void machine_create(const struct machine_config *config)
{
    nodemask_t online = lay_out(config);
    uint64_t first = ranges[0].start.v, end = ranges[nr_ranges - 1].end.v;
    uint64_t table_first = first & ~(GIB_FRAMES - 1);

    BUG_ON(arena);
    arena_size = (end - first) << PAGE_SHIFT;
    arena = map_memory(arena_size);
    direct_map = (char *)((uintptr_t)arena - (first << PAGE_SHIFT));
    table_size = (round_up(end, GIB_FRAMES) - table_first) * sizeof(struct page_info);
    table = map_memory(table_size);
    memset(table, GARBAGE, table_size);
    frame_table = (struct page_info *)((uintptr_t)table - table_first * sizeof(struct page_info));
    nodes_init(online, config->distance, config->nr_nodes);
    heap_add_ranges(ranges, nr_ranges);
}

void machine_create_nodes(unsigned int nr_nodes, const unsigned long *pages)
{
    struct machine_config config = {.nr_nodes = nr_nodes};

    memcpy(config.pages, pages, nr_nodes * sizeof(*pages));
    machine_create(&config);
}

void machine_destroy(void)
{
    heap_add_ranges(NULL, 0);
    munmap(arena, arena_size);
    munmap(table, table_size);
    arena = table = NULL;
}

struct mem_range machine_node_range(nodeid_t node)
{
    for (unsigned int i = 0; i < nr_ranges; i++)
        if (ranges[i].node == node)
            return ranges[i];
    return (struct mem_range){mfn(0), mfn(0), node};
}
