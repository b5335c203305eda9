/* SPDX-License-Identifier: MIT */
/* What the builder needs of the place where it runs: a guest of the hypervisor, or a program on the host. */
#pragma once

#include <guest_build.h>
#include <stdbool.h>
#include <stddef.h>

void platform_write(const char *s, size_t n);
/* What platform_getc returns besides characters. */
#define PLATFORM_NOTHING (-1) /* was typed so far */
#define PLATFORM_END     (-2) /* of the input */
/* One typed character, without waiting. */
int platform_getc(void);
/* Has the hypervisor or another domain printed something since the last call? False where nobody can tell. */
bool platform_others_printed(void);
/* A named file, in memory, for as long as the builder runs; NULL when there is none. */
const char *platform_load(const char *name, size_t *size);
/* The name of file I, counted from 0, NULL when there are fewer. */
const char *platform_file_name(unsigned int i);
/* guest_build, where guests can run. */
int platform_build(const struct guest_build_config *config, uint32_t *domid, char *error, size_t size);
/* Let other domains run for a moment. False where no guest can run. */
bool platform_run_others(void);
