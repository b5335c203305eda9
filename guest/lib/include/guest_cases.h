/* SPDX-License-Identifier: MIT */
/* For guests that check something: cases, grouped in topics, each one line of TAP. What was not as expected
 * stands before the line of the case that it fails. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guest_case {
    const char *title;
    void (*run)(void);
};

struct guest_topic {
    const char *name;
    const struct guest_case *cases; /* up to one without a title */
    bool special;                   /* played only when it is named */
};

/* From any vCPU: the case that runs fails, for this reason or unless SEEN is EXPECTED. */
void case_fail(const char *reason, ...) __attribute__((format(printf, 1, 2)));
void expect_equal(const char *what, int64_t seen, int64_t expected);

/* Play the topics, up to one without a name, that the arguments of main name; without arguments all that are
 * not special. BETWEEN (NULL: nothing) is called after each case and can still fail it. What main returns. */
int cases_play(const struct guest_topic *topics, int argc, char **argv, void (*between)(void));

/* A case of one comparison. */
void case_equal(const char *topic, const char *title, int64_t expected, int64_t seen);

/* Piece by piece: a case has run, or cannot run here and WHY; then the plan, and what main returns. */
void case_end(const char *topic, const char *title);
void case_skip(const char *topic, const char *title, const char *why);
int cases_end(void);
