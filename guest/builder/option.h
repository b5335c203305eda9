/* SPDX-License-Identifier: MIT */
/* The options of all commands: their names and what their values look like. */
#pragma once

#include "command.h"

/* Which option is TOKEN's name, up to '=' or the end? NR_OPTIONS when there is none. */
enum option find_option(const char *token);
const char *option_name(enum option o);
/* Store the option that TOKEN gives in A; what is wrong goes to ERROR. */
bool parse_option(struct args *a, enum option o, const char *token, struct text *error);
/* N,N,... */
bool parse_list(struct list *l, char *s);
