/* SPDX-License-Identifier: MIT */
/* From a failing sequence of lines to the shortest one. */
#pragma once

#include "generate.h"
#include "play.h"
#include <stdio.h>

#define MAX_SEQUENCE 400
#define NODE_PAGES   2048 /* of a random sequence's machine: small, so that it is made in no time */

struct sequence {
    unsigned int nr;
    char line[MAX_SEQUENCE][LINE_SIZE];
};

/* What playing a sequence ends in. */
struct verdict {
    bool differs, visible;
    unsigned int at; /* the line that differs */
    struct text why;
};

/* Play a sequence on a new machine, up to the first difference. M is what the model says then. */
void play_sequence(const struct sequence *s, struct model *m, struct verdict *v);

/* Make it shorter while it still fails as V says: visibly or not. Returns how many sequences were played. */
unsigned int shrink(struct sequence *s, struct model *m, struct verdict *v);

/* Write it as a scenario: every line with the result that the model states, the counters that it predicts
 * behind the last one, and what differs as comments. */
void write_scenario(FILE *f, const struct sequence *s, struct model *m, const char *origin);
