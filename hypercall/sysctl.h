/* SPDX-License-Identifier: MIT */
/* sysctl: the operations on the whole machine. */
#pragma once

#include "hypercall.h"
#include <xen/sysctl.h>

#include <public/claims.h>

/* One sysctl under way. The structure was copied once, on entry. */
struct sysctl_call {
    struct vcpu *v; /* the caller */
    struct xen_sysctl op;
    bool copy_back; /* set by the handler: op holds results, also when it returns an error */
};

/* In xen_sysctl.u: SIZE bytes of it are copied back when the handler says so. */
struct sysctl_desc {
    uint32_t cmd;
    uint16_t size;
    const char *name;
    int (*handler)(struct sysctl_call *c);
};

int sysctl_physinfo(struct sysctl_call *c);
int sysctl_getdomaininfolist(struct sysctl_call *c);
int sysctl_cputopoinfo(struct sysctl_call *c);
int sysctl_numainfo(struct sysctl_call *c);
int sysctl_claiminfo(struct sysctl_call *c);
int sysctl_domain_map(struct sysctl_call *c);
int sysctl_allod_debug(struct sysctl_call *c);
