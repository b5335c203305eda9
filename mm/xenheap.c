/* SPDX-License-Identifier: MIT */
/* Memory for the hypervisor's own structures. It gives way to claims like everybody else. */
#include "heap.h"
#include "log.h"

#include <string.h>

void *alloc_xenheap_pages(unsigned int order, nodeid_t node)
{
    unsigned int memflags = MEMF_no_owner | MEMF_no_scrub | (node == NUMA_NO_NODE ? 0 : MEMF_node(node));
    struct page_info *pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, order, memflags, NULL);

    return pg ? memset(page_to_virt(pg), 0, PAGE_SIZE << order) : NULL;
}

void free_xenheap_pages(void *p, unsigned int order)
{
    if (!p)
        return;
    if (IS_DEBUG)
        poison_pages(p, order);
    free_heap_pages(virt_to_page(p), order);
}
