/* SPDX-License-Identifier: MIT */
/* The prompt: read a line, run it, say what came of it. */
#pragma once

#include "command.h"
#include <stddef.h>

#define SHELL_PROMPT "allod> "

/* The lines of FIRST (SIZE bytes), then what is typed, until `quit` or the end of input. */
void run_shell(const char *first, size_t size);
/* What a person wants to know of an outcome: nothing more than the command printed itself, if it went well.
 */
void print_outcome(const struct args *a, const struct outcome *r);
