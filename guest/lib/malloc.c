/* SPDX-License-Identifier: MIT */
/* The heap: one list of blocks in ascending order, first fit, neighbours that are free are joined. */
#include "guest_internal.h"
#include "vcpu_block.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN     16
#define TOO_LARGE ((size_t)1 << 40) /* for any heap */

struct block {
    size_t size; /* bytes behind this header, a multiple of ALIGN */
    bool used;
    struct block *next;
    uint64_t pad; /* what malloc returns is aligned */
};
_Static_assert(sizeof(struct block) % ALIGN == 0, "blocks keep the alignment");

static struct guest_lock lock; /* of the list and what is in it */
static struct block *first;

static size_t align_up(size_t v, size_t align)
{
    return (v + align - 1) & ~(align - 1);
}

void malloc_init(uintptr_t start, uintptr_t end)
{
    start = align_up(start, PAGE_SIZE);
    if (end <= start + sizeof(*first))
        return;
    first = (struct block *)start;
    *first = (struct block){.size = (end - start - sizeof(*first)) & ~(size_t)(ALIGN - 1)};
}

/* Cut B behind its first SIZE bytes if what remains can hold a block. */
static void cut(struct block *b, size_t size)
{
    struct block *rest = (struct block *)((char *)(b + 1) + size);

    if (b->size - size < sizeof(*rest) + ALIGN)
        return;
    *rest = (struct block){.size = b->size - size - sizeof(*rest), .next = b->next};
    b->size = size;
    b->next = rest;
}

/* How many bytes of B lie before the first place for an aligned allocation: none, or room for a block. */
static size_t lead(const struct block *b, size_t align)
{
    uintptr_t start = (uintptr_t)(b + 1), at = align_up(start, align);

    if (at != start && at - start < sizeof(*b) + ALIGN)
        at = align_up(start + sizeof(*b) + ALIGN, align);
    return at - start;
}

static void *take(size_t align, size_t size)
{
    size_t skip;

    for (struct block *b = first; b; b = b->next) {
        skip = lead(b, align);
        if (b->used || b->size < size + skip)
            continue;
        if (skip) {
            cut(b, skip - sizeof(*b));
            b = b->next;
        }
        cut(b, size);
        b->used = true;
        return b + 1;
    }
    return NULL;
}

void *aligned_alloc(size_t align, size_t size)
{
    uint64_t flags = lock_quietly(&lock);
    void *p;

    size = size ? align_up(size < TOO_LARGE ? size : TOO_LARGE, ALIGN) : ALIGN;
    p = take(align < ALIGN ? ALIGN : align, size);
    unlock_quietly(&lock, flags);
    if (!p)
        errno = ENOMEM;
    return p;
}

void *malloc(size_t size)
{
    return aligned_alloc(ALIGN, size);
}

void *calloc(size_t nr, size_t size)
{
    size_t bytes;
    void *p = malloc(__builtin_mul_overflow(nr, size, &bytes) ? SIZE_MAX : bytes);

    return p ? memset(p, 0, bytes) : NULL;
}

void *realloc(void *p, size_t size)
{
    size_t old = p ? ((struct block *)p - 1)->size : 0;
    void *n = malloc(size);

    if (n && p) {
        memcpy(n, p, old < size ? old : size);
        free(p);
    }
    return n;
}

void free(void *p)
{
    uint64_t flags;

    if (!p)
        return;
    flags = lock_quietly(&lock);
    ((struct block *)p - 1)->used = false;
    for (struct block *b = first; b; b = b->next) {
        while (!b->used && b->next && !b->next->used) {
            b->size += sizeof(*b) + b->next->size;
            b->next = b->next->next;
        }
    }
    unlock_quietly(&lock, flags);
}
