/* SPDX-License-Identifier: MIT */
/* A file of the command language: checked as a whole, then played as tests or told as a story. */
#pragma once

#include "command.h"

struct scenario {
    const char *name, *text;
    size_t size;
};

/* One line of a scenario. */
struct line {
    const char *s;
    size_t len;
    unsigned int number;
    const char *next; /* where the following line begins */
};

/* Before the first line: number 0 and next at the text's start. False at the end. */
bool next_line(const struct scenario *s, struct line *l);
/* The command in it: without blanks around and comment. */
size_t bare_line(const char **s, size_t len);

/* Is every line a command, with domains that an earlier line of its test creates? Counts the tests; what is
 * wrong goes to ERROR as "NAME:LINE: ...". */
bool check_scenario(const struct scenario *s, unsigned int *nr_tests, struct text *error);
/* May the test that begins at L start with the filler of the one before? Only if it sets its own numbers
 * before it touches memory. */
bool test_keeps_filler(const struct scenario *s, struct line l);

/* Play it and print TAP. True when every test passed. */
bool play_tap(const struct scenario *s);
/* Play it for people: comments are told, commands are shown as if typed. True when every line did as it
 * states. */
bool play_demo(const struct scenario *s);
