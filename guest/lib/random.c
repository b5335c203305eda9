/* SPDX-License-Identifier: MIT */
/* Pseudorandom numbers by splitmix64. */
#include "guest_random.h"

static uint64_t program_state;

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void random_seed(uint64_t seed)
{
    program_state = seed;
}

uint64_t random_word(void)
{
    return random_next(&program_state);
}

uint64_t random_below(uint64_t n)
{
    return random_word() % n;
}
