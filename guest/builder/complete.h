/* SPDX-License-Identifier: MIT */
/* What the TAB key adds to a line: the rest of a command's or of a file's name. */
#pragma once

#include "text.h"

/* Add to TAIL what all names that LINE's last word may become have in common, and a blank behind the only
 * one. */
void complete_line(const char *line, struct text *tail);
