/* SPDX-License-Identifier: MIT */
/* Guest memory by guest virtual address: walks the guest's own page tables. Pure C, runs on the host. */
#pragma once

#include "arch.h"

#define WALK_MAX_LEVELS 4
#define KNOWN_WALKS     8

#define WALK_DONE       4U /* beside enum access */

/* A walk that was done: where its entries lie, what they said, and what it led to. The guest changes its
 * tables without our knowing, so the entries are read again each time. As long as they say the same, under
 * the same registers and with no page taken from the domain, so would the whole walk. */
struct known_walk {
    uint64_t page, cr3, efer, p2m_generation;
    const void *mode;    /* NULL: nothing is known */
    unsigned int nr;     /* of entries */
    bool writable, user; /* what the entries allow, all taken together */
    bool dirty;          /* the last one has been written through */
    uint32_t done;       /* accesses that are allowed and whose bits are set, WALK_DONE for any at all */
    void *at[WALK_MAX_LEVELS];
    uint64_t entry[WALK_MAX_LEVELS];
    mfn_t frame;
};

/* What decides about a guest's address translation. */
struct guest_view {
    struct arch_domain *domain;
    uint64_t cr0, cr3, cr4, efer;
    bool code64; /* 64-bit code runs: other code has addresses of 32 bits, whatever the tables are */
    struct known_walk *known; /* KNOWN_WALKS of the vCPU, or NULL */
    struct p2m_user *uses;    /* this CPU's while it runs a vCPU of the domain, or NULL */
};

/* What the guest's entries have to allow for an access, beside being there. */
enum access { ACCESS_READ = 0, ACCESS_WRITE = 1, ACCESS_USER = 2 };

enum copy_direction { FROM_GUEST, TO_GUEST };

/* The frame behind a virtual address, -EFAULT when it is not mapped or does not allow ACCESS (bits of enum
 * access) at any level of the guest's or the nested tables. The caller holds the domain's p2m_lock, or is
 * between p2m_use and p2m_use_end (hvm/p2m.h): so the frame is not given away. */
int guest_translate(const struct guest_view *g, uint64_t va, unsigned int access, mfn_t *m);

/* Copy N bytes between BUF and guest virtual memory, page by page. May take p2m_lock. 0 or -EFAULT. */
int guest_copy(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir);
