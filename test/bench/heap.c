/* SPDX-License-Identifier: MIT */
/* The heap as a host program, for callgrind: each function below is a number of equal steps that
 * tools/bench.py counts. */
#include "arch.h"
#include "claims.h"
#include "domheap.h"
#include "machine.h"
#include "offline.h"

#include "error.h"
#include "log.h"
#include <stdlib.h>
#include <string.h>

#define PAGES 4096 /* tools/bench.py divides by this */

static struct page_info *taken[PAGES];
static struct domain_mem dom, other;

void arch_cpu_relax(void)
{
    abort(); /* there is only one thread */
}

static __attribute__((noinline)) void bench_heap_alloc(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        taken[i] = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 0, MEMF_no_owner | MEMF_no_scrub, NULL);
}

static __attribute__((noinline)) void bench_heap_free(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        free_heap_pages(taken[i], 0);
}

static __attribute__((noinline)) void bench_domheap_alloc(unsigned int memflags)
{
    for (unsigned int i = 0; i < PAGES; i++)
        taken[i] = alloc_domheap_pages(&dom, 0, memflags | MEMF_no_scrub);
}

static __attribute__((noinline)) void bench_domheap_free(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        free_domheap_pages(&dom, taken[i], 0);
}

/* Every fourth page of node 0, so that each lies in a larger block. */
static mfn_t page_at(unsigned int i)
{
    return mfn(machine_node_range(0).start.v + 4UL * i);
}

static __attribute__((noinline)) void bench_offline(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        heap_offline_page(page_at(i), false);
}

static __attribute__((noinline)) void bench_online(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        heap_online_page(page_at(i));
}

static __attribute__((noinline, no_icf)) void bench_scrub_zero(void)
{
    heap_scrub_slice(0, PAGES);
}

static __attribute__((noinline, no_icf)) void bench_scrub_used(void)
{
    heap_scrub_slice(0, PAGES);
}

/* Something is left in each page. */
static void use_memory(unsigned int nr_nodes)
{
    for (nodeid_t node = 0; node < nr_nodes; node++) {
        struct mem_range range = machine_node_range(node);

        for (uint64_t frame = range.start.v; frame < range.end.v; frame++)
            *(uint64_t *)mfn_to_virt(mfn(frame)) = frame;
    }
}

static void start(unsigned int nr_nodes)
{
    unsigned long pages[MAX_NUMNODES];

    for (unsigned int node = 0; node < nr_nodes; node++)
        pages[node] = 4 * PAGES;
    machine_create_nodes(nr_nodes, pages);
    domain_mem_init(&dom, 1);
    domain_mem_init(&other, 2);
    domain_set_max_pages(&dom, (MAX_NUMNODES + 1) * PAGES);
    domain_set_max_pages(&other, (MAX_NUMNODES + 1) * PAGES);
}

static bool all_on_two_nodes(void)
{
    start(2);
    bench_heap_alloc();
    bench_heap_free();
    bench_domheap_alloc(0);
    bench_domheap_free();
    bench_offline();
    bench_online();
    bench_scrub_zero();
    use_memory(2);
    bench_scrub_used();
    return true;
}

/* D claims nodes FIRST to LAST of 64; then pages of node 0 are allocated for dom. */
static bool allocate_with_claims(struct domain_mem *d, unsigned int first, unsigned int last)
{
    memory_claim_t set[MAX_NUMNODES];
    unsigned int nr = 0;

    start(MAX_NUMNODES);
    for (; first <= last; first++)
        set[nr++] = (memory_claim_t){.pages = PAGES, .target = first};
    if (nr && domain_set_claim_entries(d, nr, set))
        return false;
    bench_domheap_alloc(MEMF_node(0) | MEMF_exact_node);
    return d->outstanding_pages == (nr ? nr - (d == &dom) : 0UL) * PAGES;
}

/* Claims as the words say: FIRST LAST, and `other` when not the domain that allocates has them. */
int main(int argc, char **argv)
{
    bool ok = argc < 3 ? all_on_two_nodes()
                       : allocate_with_claims(argc > 3 && strcmp(argv[3], "other") == 0 ? &other : &dom,
                                              (unsigned int)atoi(argv[1]), (unsigned int)atoi(argv[2]));

    return ok && heap_check() && taken[PAGES - 1] ? EXIT_SUCCESS : EXIT_FAILURE;
}
