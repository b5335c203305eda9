/* SPDX-License-Identifier: MIT */
/* Playing lines of the command language in model and implementation side by side. */
#pragma once

#include "model.h"
#include "scenario.h"

/* Not a command: the machine is idle until so many pages are scrubbed. A comment for everybody else. */
#define IDLE "# idle "

enum played {
    SAME,
    MEANINGLESS, /* nothing was done (see model_step) */
    DIFFERS,     /* and WHY says how */
};

/* What both did with a line. */
struct played_line {
    enum played played;
    struct text stated; /* the line with the result that the model predicts */
    struct text why;
    bool as_stated; /* the result that the line itself stated is the model's */
    bool visible;   /* a scenario shows the difference: it is one of results, counters or invariants */
};

/* Begin with a new machine, as the scenario's `host` lines want it, of nodes with so many pages (0: as
 * `scenario` has them); and end. M becomes empty. */
void play_begin(struct model *m, const struct scenario *s, uint64_t node_pages);
void play_end(void);

/* Play one line. Afterwards frames, contents and counters are compared. */
void play_line(struct model *m, const char *line, struct played_line *p);

/* The `state` lines that the model predicts, each with a line end. */
void write_state(const struct model *m, char *buf, size_t size);
