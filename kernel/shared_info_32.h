/* SPDX-License-Identifier: MIT */
/* Where 32-bit code has what the hypervisor writes into struct shared_info and struct vcpu_info (xen/xen.h);
 * test/abi/compat32.c compares with what the compiler makes of Xen's headers. All else is where 64-bit code
 * has it. */
#pragma once

#define SHARED_INFO_MASK_32      2176 /* evtchn_mask */
#define SHARED_INFO_WC_32        2304 /* wc_version, wc_sec, wc_nsec */
#define SHARED_INFO_WC_SEC_HI_32 2340
#define VCPU_INFO_SEL_32         4 /* evtchn_pending_sel */
