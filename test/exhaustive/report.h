/* SPDX-License-Identifier: MIT */
/* What the search says when a property is broken. */
#pragma once

#include "compiler.h"

/* A property of the specification is broken: print it, the shortest sequence of operations that shows it and
 * how much was searched, and exit with 1. The text begins with the property's name and a colon. */
NORETURN void broken(const char *fmt, ...) PRINTF(1, 2);
void report_signals(void);
