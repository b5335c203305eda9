/* SPDX-License-Identifier: MIT */
/* Bitmaps of nodes and CPUs in guest memory (struct xenctl_bitmap). */
#include "domctl.h"
#include <string.h>

#define MAX_BITS 4096U /* the longest bitmap that is written */

/* Little endian: bit i is in byte i / 8 of both. */
int read_bitmap(const struct xenctl_bitmap *bitmap, uint64_t *bits, unsigned int nr)
{
    unsigned int given = MIN(bitmap->nr_bits, nr);

    memset(bits, 0, nr / 8);
    if (arch_copy_from_guest(bits, handle_ptr(bitmap->bitmap), (given + 7) / 8))
        return refuse(EFAULT, "bitmap at %p", (const void *)bitmap->bitmap.p);
    if (given % 64)
        bits[given / 64] &= (1UL << given % 64) - 1;
    return 0;
}

int write_bitmap(const struct xenctl_bitmap *bitmap, const uint64_t *bits, unsigned int nr)
{
    unsigned int asked = bitmap->nr_bits, known = MIN(asked, nr);
    uint8_t bytes[MAX_BITS / 8] = {0};

    if (asked > MAX_BITS)
        return refuse(EINVAL, "a bitmap of %u bits", asked);
    memcpy(bytes, bits, (known + 7) / 8);
    if (known % 8)
        bytes[known / 8] &= (uint8_t)((1U << known % 8) - 1);
    if (arch_copy_to_guest(handle_ptr(bitmap->bitmap), bytes, (asked + 7) / 8))
        return refuse(EFAULT, "bitmap at %p", (const void *)bitmap->bitmap.p);
    return 0;
}
