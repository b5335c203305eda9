/* SPDX-License-Identifier: MIT */
/* Register bits that only guests' registers are about (AMD64 APM volume 2); the rest is in cpu/registers.h.
 */
#pragma once

#include "cpu/registers.h"
#include "types.h"

#define GUEST_CR0_TS (1UL << 3)
#define GUEST_CR0_NW (1UL << 29)
#define GUEST_CR0_CD (1UL << 30)
#define GUEST_CR0_AM (1UL << 18)
#define GUEST_CR0_EM (1UL << 2)
/* All that CR0 has: other bits of the low half ignore writes, the high half refuses them. */
#define GUEST_CR0_ALL                                                                                        \
    (CR0_PE | CR0_MP | GUEST_CR0_EM | GUEST_CR0_TS | CR0_ET | CR0_NE | CR0_WP | GUEST_CR0_AM |               \
     GUEST_CR0_NW | GUEST_CR0_CD | CR0_PG)

#define GUEST_CR4_VME      (1UL << 0)
#define GUEST_CR4_PVI      (1UL << 1)
#define GUEST_CR4_TSD      (1UL << 2)
#define GUEST_CR4_DE       (1UL << 3)
#define GUEST_CR4_PSE      (1UL << 4)
#define GUEST_CR4_PCE      (1UL << 8)
#define GUEST_CR4_UMIP     (1UL << 11)
#define GUEST_CR4_FSGSBASE (1UL << 16)
#define GUEST_CR4_PCIDE    (1UL << 17)

#define GUEST_EFER_SCE     (1UL << 0)
#define GUEST_EFER_LMA     (1UL << 10)
#define GUEST_EFER_SVME    (1UL << 12) /* VMRUN wants it; guests see 0 */
#define GUEST_EFER_ALL     (GUEST_EFER_SCE | EFER_LME | GUEST_EFER_LMA | EFER_NXE)

#define GUEST_RFLAGS_ONE   (1UL << 1)
#define GUEST_RFLAGS_IF    (1UL << 9)
#define GUEST_RFLAGS_VM    (1UL << 17)
#define GUEST_RFLAGS_ALL   0x3f7fd7UL

#define GUEST_DR6_INIT     0xffff0ff0UL
#define GUEST_DR7_INIT     0x400UL

/* Addresses of 48 bits, sign-extended: all that guests have. */
static inline bool is_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}
