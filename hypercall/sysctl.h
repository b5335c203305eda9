/* SPDX-License-Identifier: MIT */
/* sysctl: the operations on the whole machine. */
#pragma once

#include "hypercall.h"
#include <xen/sysctl.h>

#include <public/claims.h>

/* One sysctl under way. The structure was copied once, on entry. */
struct sysctl_call {
    struct vcpu *v; /* the caller */
    bool compat;    /* it is 32-bit code */
    struct xen_sysctl op;
    bool copy_back; /* set by the handler: op holds results, also when it returns an error */
};

#define SYSCTL(name, structure, who, errors) int sysctl_##name(struct sysctl_call *c);
#include "calls.h"
