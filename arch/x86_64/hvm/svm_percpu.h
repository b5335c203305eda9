/* SPDX-License-Identifier: MIT */
/* What a CPU keeps for running guests: who runs, the host's VMLOAD state, and address space ids. */
#pragma once

#include "p2m.h"
#include "svm.h"

struct svm_percpu {
    struct arch_vcpu *current;
    struct arch_vcpu *fpu_owner; /* whose FPU image was loaded last */
    struct vmcb *host;           /* FS, GS, TR, LDTR and MSRs of the hypervisor, for VMLOAD */
    uint64_t asid_generation;
    uint32_t next_asid, nr_asids;
} ALIGNED(64);

/* Of this CPU. */
struct svm_percpu *svm_percpu(void);
int svm_percpu_init(void);
