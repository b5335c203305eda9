/* SPDX-License-Identifier: MIT */
/* Debug builds: what goes wrong on a CPU, on purpose, so that tests see how it is reported. */
#pragma once

enum mistake { MISTAKE_NONE, MISTAKE_HANG, MISTAKE_PANIC, MISTAKE_OVERFLOW };

/* Arm one for CPU, which makes it when it starts to work. */
void mistake_plan(enum mistake what, unsigned int cpu);
/* On each CPU but the first. */
void mistake_make(void);
