/* SPDX-License-Identifier: MIT */
/* What the checks share. */
#pragma once

#include "modes.h"
#include <xen/memory.h>
#include <xen/xen.h>

/* xen/xen.h gives the field this name, but not in 32-bit code of the tools. */
#ifndef xen_wc_sec_hi
#define xen_wc_sec_hi arch.wc_sec_hi
#endif

#define NR_PAGES 4  /* of a reservation */
#define UNKNOWN  63 /* no hypercall has this number */

static inline long call(unsigned int nr, uintptr_t a1, uintptr_t a2, uintptr_t a3)
{
    return (long)xen_hypercall(nr, a1, a2, a3, 0, 0);
}

static inline uintptr_t addr(const void *p)
{
    return (uintptr_t)p;
}

static inline long memory_op(unsigned int cmd, const struct xen_memory_reservation *r)
{
    return call(__HYPERVISOR_memory_op, cmd, addr(r), 0);
}

/* One line of TAP, for the mode under test. */
void equal(const char *what, long expected, long seen);

/* N bytes, half of them before the border of A and B, filled with 0x5a. */
void *across(size_t n);

/* Of NR_PAGES pages of this guest. */
struct xen_memory_reservation reservation(xen_pfn_t *list);

void check_bad_addresses(const struct window *window);
/* Not in compatibility mode, whose interrupts come to 64-bit code. */
void check_events(void);
void check_accessed(const struct paging_mode *mode, const struct window *window);
void check_read_only(const struct paging_mode *mode, const struct window *window);
