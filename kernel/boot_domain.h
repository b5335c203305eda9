/* SPDX-License-Identifier: MIT */
/* The domains that allod.cfg asks for, built by the hypervisor itself. */
#pragma once

#include "boot_info.h"
#include "config.h"

/* Check all domains of the configuration, then build all, paused. 0, or a negative error after one sentence
 * for each mistake; then nothing may be started. */
int boot_domains_build(const struct boot_info *bi, const struct config *c);
/* Let them run. */
void boot_domains_start(void);
