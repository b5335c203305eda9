/* SPDX-License-Identifier: MIT */
/* The prompt: read a line, run it, say what came of it. */
#pragma once

#include "command.h"

#define SHELL_PROMPT "allod> "

/* Until `quit` or the end of input. */
void run_shell(void);
/* What a person wants to know of an outcome: nothing more than the command printed itself, if it went well.
 */
void print_outcome(const struct args *a, const struct outcome *r);
