/* SPDX-License-Identifier: MIT */
/* The positions of a command's pattern: what stands where on a line, before and after the options. */
#pragma once

#include "lexer.h"

struct parser {
    struct args *a;
    struct tokens tokens;
    struct text *error;
    uint64_t allowed, required; /* options, a bit for each */
    bool free_or_domain;
};

struct position {
    const char *name; /* in the pattern */
    const char *what; /* in messages */
    bool (*take)(struct parser *p, char *token);
    bool optional, many;
    bool last;  /* comes after the options */
    bool title; /* takes whatever stands there */
};

const struct position *find_position(const char *name, size_t len);
/* "expected WHAT, read TOKEN"; TOKEN may be NULL. Always false. */
bool parse_fail(struct parser *p, const char *what, const char *token);
