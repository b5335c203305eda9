/* SPDX-License-Identifier: MIT */
/* Guest memory by guest virtual address: walks the guest's own page tables. Pure C, runs on the host. */
#pragma once

#include "arch.h"

/* What decides about a guest's address translation. */
struct guest_view {
    struct arch_domain *domain;
    uint64_t cr0, cr3, cr4, efer;
};

enum copy_direction { FROM_GUEST, TO_GUEST };

/* The frame behind a virtual address, -EFAULT when it is not mapped, or with WRITE not writable, at any level
 * of the guest's or the nested tables. The caller holds the domain's p2m_lock, which keeps the frame mapped.
 */
int guest_translate(const struct guest_view *g, uint64_t va, bool write, mfn_t *m);

/* Copy N bytes between BUF and guest virtual memory, page by page. Takes p2m_lock. 0 or -EFAULT. */
int guest_copy(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir);
