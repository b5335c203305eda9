/* SPDX-License-Identifier: MIT */
/* The first C on a CPU that is started. */
#pragma once

#include "percpu.h"

/* From trampoline.asm, on C's stack. */
NORETURN void ap_start(struct cpu *c);
