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
/* One where nothing is mapped: true, if it was a move to or from an address outside of the domain's RAM. As
 * in Xen all bits that are read are 1, and writes do nothing. */
bool exit_unclaimed(struct arch_vcpu *v);
void exit_ioio(struct arch_vcpu *v);
