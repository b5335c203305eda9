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

/* In xen_domctl.u: SIZE bytes of it are copied back when the handler says so. */
struct domctl_desc {
    uint32_t cmd;
    uint16_t size;
    bool no_target; /* op.domain need not name a domain */
    const char *name;
    int (*handler)(struct domctl_call *c);
};

/* Copy the header and SIZE bytes of op.u to the caller: 0 or -EFAULT. */
int domctl_copy_back(const struct domctl_call *c, size_t size);

/* What getdomaininfo and getdomaininfolist say about a domain. */
void fill_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

int domctl_createdomain(struct domctl_call *c);
int domctl_destroydomain(struct domctl_call *c);
int domctl_pausedomain(struct domctl_call *c);
int domctl_unpausedomain(struct domctl_call *c);
int domctl_getdomaininfo(struct domctl_call *c);
int domctl_max_mem(struct domctl_call *c);
int domctl_max_vcpus(struct domctl_call *c);
int domctl_gethvmcontext(struct domctl_call *c);
int domctl_sethvmcontext(struct domctl_call *c);
int domctl_setnodeaffinity(struct domctl_call *c);
int domctl_getnodeaffinity(struct domctl_call *c);
int domctl_get_paging_mempool_size(struct domctl_call *c);
int domctl_set_paging_mempool_size(struct domctl_call *c);
int domctl_claim_memory(struct domctl_call *c);
