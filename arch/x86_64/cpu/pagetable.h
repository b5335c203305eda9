/* SPDX-License-Identifier: MIT */
/* The hypervisor's own page tables: 4 levels, pages of 4 KiB, 2 MiB and 1 GiB. Changed at boot only, by one
 * CPU, so there is no lock. */
#pragma once

#include "boot_info.h"
#include "registers.h"
#include "types.h"

/* Rights of a mapping. All are global, and accessed and dirty from the start: nobody here looks at these
 * bits. */
#define PTE_COMMON (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL)
#define MAP_CODE   PTE_COMMON
#define MAP_CONST  (PTE_COMMON | PTE_NX)
#define MAP_DATA   (PTE_COMMON | PTE_NX | PTE_WRITE)
#define MAP_DEVICE (MAP_DATA | PTE_PCD | PTE_PWT) /* uncached */

/* Build the final tables from the loader's pool of pages: direct map, image. -ENOMEM when the pool is empty.
 */
int pagetable_init(const struct boot_info *bi);
/* Use them on this CPU; the loader's tables are gone, and with them the mapping of low addresses. */
void pagetable_load(void);

/* Map SIZE bytes with the largest pages that fit; all page aligned, nothing may be mapped there. Tables come
 * from the pool, then from bootmem. -ENOMEM: what was mapped so far stays. */
int map_range(uint64_t va, paddr_t pa, uint64_t size, uint64_t rights);
/* Take away a page that is mapped with 4 KiB. */
void unmap_page(const void *va);
bool is_mapped(uint64_t va);
/* Device registers, uncached; NULL without memory for a table. For ever. */
volatile void *map_device(paddr_t pa, uint64_t size);
