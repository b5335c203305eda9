/* SPDX-License-Identifier: MIT */
/* A fuzzer's input, read from its begin; beyond the end all is 0. */
#pragma once

#include "types.h"
#include <string.h>

struct bytes {
    const uint8_t *at;
    size_t left;
};

/* The next N bytes, or what is left of them, into TO; the rest of it is 0. Returns how many there were. */
static inline size_t take(struct bytes *in, void *to, size_t n)
{
    size_t got = MIN(n, in->left);

    memset(to, 0, n);
    memcpy(to, in->at, got);
    in->at += got;
    in->left -= got;
    return got;
}

static inline uint8_t take8(struct bytes *in)
{
    uint8_t v;

    take(in, &v, sizeof(v));
    return v;
}

static inline uint16_t take16(struct bytes *in)
{
    uint16_t v;

    take(in, &v, sizeof(v));
    return v;
}

static inline uint64_t take64(struct bytes *in)
{
    uint64_t v;

    take(in, &v, sizeof(v));
    return v;
}
