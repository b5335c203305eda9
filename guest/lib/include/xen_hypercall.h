/* SPDX-License-Identifier: MIT */
/* The one primitive under the whole C API: guests issue VMMCALL, host programs call the handlers directly. */
#pragma once

#include <stdint.h>

/* NR is Xen's __HYPERVISOR_* number. Returns what the hypervisor puts into rax: negative is an errno. */
int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
