/* SPDX-License-Identifier: MIT */
/* Random numbers of the kinds that programs stumble over. */
#include "hyperfuzz.h"

bool one_in(unsigned int n)
{
    return random_below(n) == 0;
}

/* Ends of types, page and table sizes, numbers of nodes, domains, vCPUs and their neighbours. */
static uint64_t borderline(void)
{
    static const uint64_t borders[] = {
        0,          1,          15,         16,          31,        32,        63,        64,
        65,         127,        128,        255,         256,       257,       511,       512,
        0x7fff,     0x7ff0,     0x7ff4,     0x8000,      0xffff,    0x10000,   1UL << 18, 1UL << 26,
        0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1UL << 36, 1UL << 40, 1UL << 47, 1UL << 48,
        1UL << 51,  1UL << 52,  1UL << 58,  1UL << 63,   ~0UL,
    };

    return borders[random_below(ARRAY_SIZE(borders))] + random_below(3) - 1;
}

uint64_t random_number(void)
{
    switch (random_below(8)) {
    case 0:
        return random_below(16);
    case 1:
        return random_below(4096);
    case 2:
        return 1UL << random_below(64);
    case 3:
        return random_word();
    case 4:
        return (uint32_t)random_word();
    case 5:
        return random_address();
    default:
        return borderline();
    }
}
