/* SPDX-License-Identifier: MIT */
/* CPUID as guests see it. */
#pragma once

#include "cpu/insn.h"
#include "hvm/svm.h"

/* Compute what is the same for all guests, from this CPU and the tables. Once, at boot. */
void cpuid_policy_init(void);
struct cpuid cpuid_policy(const struct arch_vcpu *v, uint32_t leaf, uint32_t subleaf);
/* The bits that a guest may set in CR4: those of the features that it sees. */
uint64_t cpuid_policy_cr4(void);
