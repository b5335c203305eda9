/* SPDX-License-Identifier: MIT */
/* The heap as a host program, for callgrind: each function below is a number of equal steps that
 * tools/bench.py counts. */
#include "arch.h"
#include "domheap.h"
#include "machine.h"

#include "error.h"
#include "log.h"
#include <stdlib.h>

#define PAGES 4096 /* tools/bench.py divides by this */

static struct page_info *taken[PAGES];
static struct domain_mem dom;

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

static __attribute__((noinline)) void bench_domheap_alloc(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        taken[i] = alloc_domheap_pages(&dom, 0, MEMF_no_scrub);
}

static __attribute__((noinline)) void bench_domheap_free(void)
{
    for (unsigned int i = 0; i < PAGES; i++)
        free_domheap_pages(&dom, taken[i], 0);
}

int main(void)
{
    machine_create_nodes(2, (unsigned long[]){4 * PAGES, 4 * PAGES});
    domain_mem_init(&dom, 1);
    domain_set_max_pages(&dom, PAGES);
    bench_heap_alloc();
    bench_heap_free();
    bench_domheap_alloc();
    bench_domheap_free();
    return heap_check() && taken[PAGES - 1] ? EXIT_SUCCESS : EXIT_FAILURE;
}
