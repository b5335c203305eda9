/* SPDX-License-Identifier: MIT */
/* 64-bit division for 32-bit code: what the compiler calls, bit by bit. */
#include <stdint.h>

uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest);

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest)
{
    uint64_t quotient = 0, r = 0;

    for (int bit = 63; bit >= 0; bit--) {
        uint64_t carry = r >> 63;

        r = r << 1 | ((n >> bit) & 1);
        if (carry || r >= d) {
            r -= d;
            quotient |= 1ULL << bit;
        }
    }
    *rest = r;
    return quotient;
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    uint64_t rest;

    return __udivmoddi4(n, d, &rest);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t rest;

    __udivmoddi4(n, d, &rest);
    return rest;
}
