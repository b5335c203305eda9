/* SPDX-License-Identifier: MIT */
/* Line editing with history, on a terminal that understands ANSI. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Read a line after PROMPT into LINE. False at the end of input. */
bool read_line(const char *prompt, char *line, size_t size);
