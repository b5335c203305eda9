/* SPDX-License-Identifier: MIT */
/* What the builder needs of the place where it runs: a guest of the hypervisor, or a program on the host. */
#pragma once

#include <guest_build.h>
#include <stdbool.h>
#include <stddef.h>

void platform_write(const char *s, size_t n);
/* Wait for one typed character; -1 at the end of input. */
int platform_getc(void);
/* A named file, in memory, for as long as the builder runs; NULL when there is none. */
const char *platform_load(const char *name, size_t *size);
/* guest_build, where guests can run. */
int platform_build(const struct guest_build_config *config, uint32_t *domid, char *error, size_t size);
/* Let other domains run for a moment. False where no guest can run. */
bool platform_run_others(void);
