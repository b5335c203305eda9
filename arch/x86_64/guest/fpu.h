/* SPDX-License-Identifier: MIT */
/* The FPU and vector registers of vCPUs. The hypervisor itself never uses them. */
#pragma once

#include "hvm/svm_percpu.h"

/* Enable the FPU and XSAVE on this CPU. 0, or -ENODEV with a message. */
int fpu_cpu_init(void);

/* An image in reset state; -ENOMEM. */
int fpu_create(struct arch_vcpu *v, nodeid_t node);
void fpu_destroy(struct arch_vcpu *v);

/* Onto this CPU, and into the image. The registers keep their contents when the vCPU leaves, so that loading
 * is skipped when it comes back and nobody else was here. */
void fpu_load(struct arch_vcpu *v, struct svm_percpu *p);
void fpu_save(struct arch_vcpu *v, struct svm_percpu *p);

/* XSETBV by the vCPU that runs here: -EINVAL for a value that gets #GP. */
int fpu_set_xcr0(uint64_t value);
/* Components that guests may enable, and the bytes that an XSAVE with XCR0 takes. */
uint64_t fpu_policy_xcr0(void);
uint32_t fpu_area_size(uint64_t xcr0);
uint64_t fpu_current_xcr0(void);

#define FXSAVE_SIZE 512
/* The x87 and SSE registers as FXSAVE stores them. A checked image has no MXCSR that would fault, else
 * -EINVAL. */
void fpu_get_image(const struct arch_vcpu *v, void *image);
int fpu_check_image(const void *image);
void fpu_set_image(struct arch_vcpu *v, const void *image);
