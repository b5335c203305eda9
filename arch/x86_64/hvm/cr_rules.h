/* SPDX-License-Identifier: MIT */
/* Which control register values the guest's CPU takes, for writes and for whole contexts. */
#pragma once

#include "svm.h"

bool cr0_is_valid(uint64_t cr0);
bool cr4_is_valid(uint64_t cr4);
/* EFER as the guest sees it, without SVME. */
bool efer_is_valid(uint64_t efer);
/* Do they fit together? CS: the attributes of the code segment. */
bool mode_is_valid(uint64_t cr0, uint64_t cr4, uint64_t efer, uint16_t cs);

/* EFER as the guest sees it. Without paging its LME bit stays out of the VMCB: it has no effect there, and
 * QEMU fails to restore the host's CR0 when a guest exits with LME set but PG and CR4.PAE clear. */
uint64_t efer_read(const struct arch_vcpu *v);
/* Set it, unchecked, after CR0. */
void efer_load(struct arch_vcpu *v, uint64_t efer);

/* Write EFER, -EINVAL for a value that gets #GP. */
int efer_write(struct arch_vcpu *v, uint64_t value);
