/* SPDX-License-Identifier: MIT */
/* A pattern in the hypervisor's own pages when they are freed, so that their use afterwards is seen: as a
 * pointer it is no address, as an entry of a page table it faults. Only in debug builds (Makefile). */
#include "heap.h"

#include <string.h>

#define POISON 0xa5

void poison_pages(void *p, unsigned int order)
{
    memset(p, POISON, PAGE_SIZE << order);
}
