/* SPDX-License-Identifier: MIT */
/* MSRs as the guest sees them. */
#pragma once

#include "hvm/svm.h"

/* 0, or -EINVAL: the guest gets #GP. */
int msr_read(struct arch_vcpu *v, uint32_t msr, uint64_t *value);
int msr_write(struct arch_vcpu *v, uint32_t msr, uint64_t value);

/* Write the hypercall stubs into the guest's page (hypercall_page.c). -EINVAL when it has none there. */
int hypercall_page_fill(struct arch_domain *a, gfn_t g);
