/* SPDX-License-Identifier: MIT */
/* What all CPUs set up alike, and must have alike. */
#pragma once

/* Control registers, EFER and PAT, on the final page tables or any that agree. */
void cpu_set_control_registers(void);

/* Note what the boot CPU can do; guests and tables rely on it. */
void cpu_note_features(void);
/* Has this CPU all of it? -ENODEV with a message. */
int cpu_check_features(void);
