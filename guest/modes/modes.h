/* SPDX-License-Identifier: MIT */
/* A guest that calls the hypervisor from every paging mode. One source for two images: modes.elf is 64-bit
 * code, modes32.elf is 32-bit code, without paging and in long mode's compatibility mode. */
#pragma once

#include <guest.h>
#include <guest_cases.h>

/* How a mode translates addresses. */
struct paging_mode {
    const char *name;
    unsigned int code_bits;  /* of the code that can be in it */
    unsigned int levels;     /* tables from root to page of the smallest size; 0: no paging */
    unsigned int index_bits; /* of each level, */
    unsigned int entry_size; /* and its entries' bytes */
    unsigned int leaf;       /* the level that maps the pages: 1 for the smallest size */
    uint32_t cr4;
    bool long_mode;
    uint64_t a, b; /* guest-physical addresses behind the two pages of the window */
};

extern const struct paging_mode modes[];
extern const unsigned int nr_modes;

/* Where a mode's checks put their arguments: A and B are two pages side by side that are apart in memory, and
 * nothing is mapped behind B. */
struct window {
    char *cross; /* where A ends and B begins */
    char *end;   /* where B ends */
    char *top;   /* a mapped page that ends where addresses wrap; NULL: none */
    bool paged;  /* B can be made read-only */
};

#define MiB     (1024UL * 1024)
#define SPARE   (20 * MiB) /* memory that nobody else uses, to give away */
#define RAM_END (32 * MiB) /* this guest's size */

/* Build the mode's tables and enter it. Memory stays mapped one to one, and the window above it. */
void enter_mode(const struct paging_mode *mode, struct window *w);
/* Back to where the image started. */
void leave_mode(void);
/* Map B for reading only, or for writing again. */
void set_read_only(const struct paging_mode *mode, const struct window *w, bool read_only);
/* Clear the accessed and dirty bits of B's entry, and return what they were. */
#define ACCESSED 0x20U
#define DIRTY    0x40U
unsigned int take_bits(const struct paging_mode *mode, const struct window *w);

/* All checks in the mode that is entered; each is one line of TAP. */
void run_checks(const struct paging_mode *mode, const struct window *w);
