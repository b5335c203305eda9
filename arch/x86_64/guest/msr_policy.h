/* SPDX-License-Identifier: MIT */
/* MSRs as the guest sees them. */
#pragma once

#include "hvm/svm.h"

/* 0, or -EINVAL: the guest gets #GP. */
int msr_read(struct arch_vcpu *v, uint32_t msr, uint64_t *value);
int msr_write(struct arch_vcpu *v, uint32_t msr, uint64_t value);
