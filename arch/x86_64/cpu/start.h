/* SPDX-License-Identifier: MIT */
/* The way in, and what the loader handed over. */
#pragma once

#include "boot_info.h"
#include "compiler.h"

/* In the direct map; never changes. */
extern const struct boot_info *boot_record;

/* From entry.asm. RECORD is the physical address of struct boot_info. */
NORETURN void arch_start(uint64_t record);
