/* SPDX-License-Identifier: MIT */
/* Stacks for vCPUs: memory of the heap with a page below it that is not mapped. */
#include "guest_internal.h"
#include <stdlib.h>

#define ENTRIES    512
#define PTE_ADDR   0x000ffffffffff000UL
#define LARGE      (1UL << 7)
#define PRESENT_RW 3UL

extern uint64_t pd[]; /* start.asm: one entry for each 2 MiB below 4 GiB */

static void flush(const void *page)
{
    __asm__ volatile("invlpg (%0)" : : "r"(page) : "memory");
}

/* The table for the 4 KiB pages around ADDRESS; a large page is taken apart. NULL: no memory. */
static uint64_t *table_of(const char *address)
{
    uint64_t *entry = &pd[(uintptr_t)address >> 21], *table;

    if (!(*entry & LARGE))
        return (uint64_t *)(*entry & PTE_ADDR);
    table = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    if (!table)
        return NULL;
    for (uint64_t i = 0; i < ENTRIES; i++)
        table[i] = ((uintptr_t)address >> 21 << 21) + (i << PAGE_SHIFT) + PRESENT_RW;
    __atomic_store_n(entry, (uintptr_t)table | PRESENT_RW, __ATOMIC_RELEASE);
    return table;
}

static bool map(char *page, uint64_t entry)
{
    uint64_t *table = table_of(page);

    if (!table)
        return false;
    table[(uintptr_t)page >> PAGE_SHIFT & (ENTRIES - 1)] = entry;
    flush(page);
    return true;
}

char *stack_alloc(size_t size)
{
    char *guard = aligned_alloc(PAGE_SIZE, size + PAGE_SIZE);

    if (!guard)
        return NULL;
    if (map(guard, 0))
        return guard + PAGE_SIZE;
    free(guard);
    return NULL;
}

void stack_free(char *stack)
{
    char *guard = stack - PAGE_SIZE;

    map(guard, (uintptr_t)guard | PRESENT_RW); /* the table is there: it cannot fail */
    free(guard);
}
