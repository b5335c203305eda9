/* SPDX-License-Identifier: MIT */
/* Exit handlers that have files of their own. */
#pragma once

#include "svm.h"

void exit_cr0(struct arch_vcpu *v);
void exit_cr4_read(struct arch_vcpu *v);
void exit_cr4(struct arch_vcpu *v);
void exit_cr8(struct arch_vcpu *v);
void exit_xsetbv(struct arch_vcpu *v);
/* A nested page fault at the local APIC's registers: true, if it was one and is dealt with. */
bool exit_apic_access(struct arch_vcpu *v);
void exit_ioio(struct arch_vcpu *v);
