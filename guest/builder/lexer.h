/* SPDX-License-Identifier: MIT */
/* A line as tokens. */
#pragma once

#include "command.h"

#define MAX_TOKENS (MAX_ENTRIES + 32)

struct tokens {
    unsigned int nr, next;
    char *v[MAX_TOKENS];
};

/* Split BUF at blanks, in place, up to the comment. False when there are too many tokens. */
bool split_tokens(struct tokens *t, char *buf);

/* The tokens from FIRST (there is one) on as one string; they are no tokens any more. */
char *rejoin_tokens(struct tokens *t, unsigned int first);

static inline bool tokens_left(const struct tokens *t)
{
    return t->next < t->nr;
}
