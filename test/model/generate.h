/* SPDX-License-Identifier: MIT */
/* Random lines of the command language, aimed at the borders of what the model counts. */
#pragma once

#include "model.h"

#define LINE_SIZE 160

void generate_seed(uint64_t seed);
/* Uniform in 0 .. below - 1. */
uint64_t generate_number(uint64_t below);

/* The begin of a test: a machine of 1 to 4 nodes with few free pages, and 1 to 4 domains. Returns how many
 * lines. */
unsigned int generate_begin(char line[][LINE_SIZE]);
/* One line more, for what the model says now. */
void generate_line(struct model *m, char *line);
