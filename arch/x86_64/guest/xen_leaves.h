/* SPDX-License-Identifier: MIT */
/* Xen's CPUID leaves: how a guest finds out that it has Xen's hypercalls. */
#pragma once

#include "cpu/insn.h"
#include "hvm/svm.h"

#define XEN_LEAF_FIRST         0x40000000U
#define XEN_LEAF_LAST          0x40000004U
#define XEN_MSR_HYPERCALL_PAGE 0x40000000U

struct cpuid xen_leaf(const struct arch_vcpu *v, uint32_t leaf, uint32_t subleaf);
