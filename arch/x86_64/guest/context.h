/* SPDX-License-Identifier: MIT */
/* Xen's save record of a CPU, to and from a vCPU. */
#pragma once

#include "hvm/svm.h"
#include <xen/hvm/save.h>

void context_from_vcpu(const struct arch_vcpu *v, struct hvm_hw_cpu *r);
/* -EINVAL when no CPU could be in this state; then context_to_vcpu changes nothing. */
int context_check(const struct hvm_hw_cpu *r);
int context_to_vcpu(struct arch_vcpu *v, const struct hvm_hw_cpu *r);
/* What INIT makes of V and its local APIC, with the code segment of a SIPI for this page, in real mode (APM
 * volume 2, 14.1.3). V's registers are on this CPU. */
void vcpu_reset(struct arch_vcpu *v, uint8_t page);
