/* SPDX-License-Identifier: MIT */
/* Why the hypervisor refused: what it says about it in its log, where it says so (loglvl=debug). */
#pragma once

#include "text.h"

/* What was said up to now is not of interest. */
void refusals_forget(void);
/* Add the last few refusals since then as comments of TAP, a line each. */
void refusals_add(struct text *t);
