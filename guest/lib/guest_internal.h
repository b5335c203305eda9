/* SPDX-License-Identifier: MIT */
/* Between the files of the guest library. */
#pragma once

#include "guest.h"
#include <xen/arch-x86/hvm/start_info.h>

extern char image_end[]; /* guest.ld */

/* C's start, called by start.asm. */
void guest_start(const struct hvm_start_info *info) __attribute__((noreturn));

void exception_init(void);

/* Take the modules over; returns the first address that nothing from the builder occupies. */
uintptr_t modules_init(const struct hvm_start_info *info);

/* [START, END) is the heap. */
void malloc_init(uintptr_t start, uintptr_t end);
