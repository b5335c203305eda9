/* SPDX-License-Identifier: MIT */
/* Bit counting and node masks. */
#pragma once

#include "types.h"

/* The lowest set bit of X, which must not be 0. */
static inline unsigned int ffs64(uint64_t x)
{
    return (unsigned int)__builtin_ctzl(x);
}

/* The highest set bit of X, which must not be 0. */
static inline unsigned int fls64(uint64_t x)
{
    return 63U - (unsigned int)__builtin_clzl(x);
}

/* How many bits of X are set. */
static inline unsigned int count_bits(uint64_t x)
{
    unsigned int n = 0;

    for (; x; x &= x - 1)
        n++;
    return n;
}

static inline nodemask_t node_bit(nodeid_t node)
{
    return 1UL << node;
}

static inline bool node_in(nodeid_t node, nodemask_t mask)
{
    return node < MAX_NUMNODES && (mask & node_bit(node));
}

#define for_each_node_in(node, mask)                                                                         \
    for (nodemask_t rest_ = (mask); rest_ && ((node) = (nodeid_t)ffs64(rest_), true); rest_ &= rest_ - 1)
