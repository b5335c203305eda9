/* SPDX-License-Identifier: MIT */
/* The implementation's frames as the model's page list has them. */
#pragma once

#include "model.h"

/* Read the free lists and the domains' tables anew; afterwards view_look tells of every frame. */
void view_refresh(const struct model *m);
struct seen_page view_look(uint64_t frame);

/* The model takes over which pages are free, where the fixture moved some: none of its domains' pages
 * changes. False, and WHY says how, when a node has another number of free pages than COUNTS[node]. */
bool view_adopt(struct model *m, struct text *why);
/* How many pages the implementation has free on each node. */
void view_count(uint64_t counts[MAX_NODES]);

/* Is every page of the model what the implementation says it is, and every page zero that counts as clean or
 * that its owner has not written to yet? */
bool view_matches(const struct model *m, struct text *why);
/* The owners write into what they got: whoever gets it next must not see it. */
void view_soil(struct model *m);
/* What the implementation scrubbed, the model may take for clean. */
void view_adopt_clean(struct model *m);
