/* SPDX-License-Identifier: MIT */
/* A vCPU's registers as the walker wants them. */
#pragma once

#include "hvm/svm.h"
#include "walk.h"

/* With nested paging the VMCB has the guest's own control registers. */
static inline struct guest_view vcpu_view(struct arch_vcpu *v)
{
    const struct vmcb *c = v->vmcb;

    return (struct guest_view){v->domain, c->cr0,          c->cr3,   c->cr4,
                               c->efer,   in_long_mode(c), v->known, v->uses};
}
