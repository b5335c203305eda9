/* SPDX-License-Identifier: MIT */
/* What is typed, one character after the other, and Ctrl-C, which a running command sees at once. */
#pragma once

#include <stdbool.h>

/* As platform_getc; what was typed while a command ran comes first. */
int input_getc(void);
/* Has Ctrl-C been typed at the prompt while this command ran? It and all that was typed before it are
 * forgotten; what comes behind it is kept for input_getc. */
bool input_cancelled(void);
