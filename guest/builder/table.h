/* SPDX-License-Identifier: MIT */
/* Listings: as an aligned table for people, as one JSON object a line for programs. */
#pragma once

#include "text.h"

struct column {
    const char *name; /* the JSON key, and the heading with '_' as blanks */
    int width;        /* negative: aligned to the left */
    bool text;        /* cells are strings, otherwise numbers */
};

struct table {
    bool json;
    bool cancelled; /* by Ctrl-C: what is left is not printed */
    unsigned int nr_columns, next;
    const struct column *columns;
};

#define COLUMNS(c) (c), sizeof(c) / sizeof((c)[0])
void table_begin(struct table *t, bool json, const struct column *columns, unsigned int nr_columns);
/* The cells of a row, one after the other; the last one ends the line. */
void table_number(struct table *t, uint64_t n);
void table_text(struct table *t, const char *s);
