/* SPDX-License-Identifier: MIT */
/* domctl: the operations on domains and what they share. */
#pragma once

#include "hypercall.h"
#include <xen/domctl.h>
#include <xen/hvm/save.h>

#include <public/claims.h>

/* One domctl under way. The structure was copied once, on entry. */
struct domctl_call {
    struct vcpu *v;   /* the caller */
    struct domain *d; /* the target, referenced; NULL for the operations that find it themselves */
    guest_ptr_t arg;
    struct xen_domctl op;
    bool copy_back; /* set by the handler: op holds results, also when it returns an error */
};

#define DOMCTL_VERSION_4_19 0x17U /* createdomain has grown: see domctl_life.c */

/* Copy the header and SIZE bytes of op.u to the caller: 0 or -EFAULT. */
int domctl_copy_back(const struct domctl_call *c, size_t size);

/* What getdomaininfo and getdomaininfolist say about a domain. */
void fill_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* CPUs and nodes as bitmaps of the guest's, NR bits long: what it has beyond them is ignored on the way in
 * and 0 on the way out. 0, -EFAULT, or -EINVAL for a bitmap that is out of all proportion. */
int read_bitmap(const struct xenctl_bitmap *bitmap, uint64_t *bits, unsigned int nr);
int write_bitmap(const struct xenctl_bitmap *bitmap, const uint64_t *bits, unsigned int nr);

#define DOMCTL(name, structure, who, finds, errors) int domctl_##name(struct domctl_call *c);
#include "calls.h"
