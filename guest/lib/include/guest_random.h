/* SPDX-License-Identifier: MIT */
/* Pseudorandom numbers: the same sequence for the same seed. */
#pragma once

#include <stdint.h>

/* The next word of the sequence that *STATE is in; any state will do as a seed. */
uint64_t random_next(uint64_t *state);

/* One sequence for the whole program; not for several vCPUs at once. */
void random_seed(uint64_t seed);
uint64_t random_word(void);
/* Below N, which is not 0. */
uint64_t random_below(uint64_t n);
