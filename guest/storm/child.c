/* SPDX-License-Identifier: MIT */
/* The domain that a storm builds: all of its memory is there, and nobody else writes to it. */
#include "storm.h"
#include <stdio.h>
#include <stdlib.h>

#define STEP (64UL << 10)

/* CPUID leaf 0x40000004: ECX is the domain id (xen/arch-x86/cpuid.h). */
static uint64_t own_id(void)
{
    uint32_t eax = 0x40000004, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ecx;
}

/* What belongs into the word at P. */
static uint64_t mark(const volatile uint64_t *p, uint64_t id)
{
    return (uintptr_t)p ^ id << 48;
}

/* All memory that neither the image nor its start information is in. */
int child_main(void)
{
    uint64_t size = guest_memory(), id = own_id(), wrong = 0;
    volatile char *memory;

    while (!(memory = aligned_alloc(PAGE_SIZE, size)))
        size -= STEP;
    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        volatile uint64_t *p = (volatile uint64_t *)(memory + at);

        wrong += *p != 0; /* a page that another domain had comes clean */
        *p = mark(p, id);
    }
    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        volatile uint64_t *p = (volatile uint64_t *)(memory + at);

        wrong += *p != mark(p, id);
    }
    if (wrong)
        printf("%lu pages were not what they should be\n", wrong);
    return wrong != 0;
}
