/* SPDX-License-Identifier: MIT */
/* Who listens to the hypervisor's messages in a host program. */
#pragma once

#include <stddef.h>

/* Gets every message, whatever its level, if set: the start of a line, or what continues one. */
extern void (*host_log_sink)(const char *s, size_t n);
