/* SPDX-License-Identifier: MIT */
/* Smaller numbers in a failing sequence. */
#pragma once

#include "shrink.h"

/* Does TRY fail in the way of V? Then it takes the place of S, without what came behind the failure. */
bool keep_if_failing(struct sequence *s, const struct sequence *try, struct model *m, struct verdict *v);
bool is_host(const char *line);

/* Make numbers of line I smaller. True when one is. */
bool lower_numbers(struct sequence *s, unsigned int i, struct model *m, struct verdict *v);
/* Take memory away, and at the same time a line, or as much from another number. */
bool lower_memory(struct sequence *s, struct model *m, struct verdict *v);
