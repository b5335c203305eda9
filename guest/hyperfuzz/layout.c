/* SPDX-License-Identifier: MIT */
/* Structures as 32-bit code lays them out, by the list that the hypervisor itself goes by. */
#include "hyperfuzz.h"
#include <string.h>
#include <xen/vcpu.h>

#include <allod/compat_structs.h>

#define MAX_SIZE    1024 /* of a structure */
#define MAX_SIZE32  64   /* of one that differs */
#define MAX_WORDS   64

#define START(name) static const struct field32 fields_##name[] = {
#define FIELD(name, member, offset32, size32)                                                                \
    {offset32, size32, offsetof(struct name, member), sizeof(((struct name *)NULL)->member)},
#define END(name, size32)                                                                                    \
    }                                                                                                        \
    ;                                                                                                        \
    extern const struct layout layout_##name;                                                                \
    const struct layout layout_##name = {size32, sizeof(struct name), ARRAY_SIZE(fields_##name),             \
                                         fields_##name};
#include <allod/compat_structs.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t layout_lower(bool compat, const struct layout *l, const void *own, size_t size, uint8_t *view)
{
    if (!compat || !l) {
        memcpy(view, own, size);
        return size;
    }
    memset(view, 0, l->size32);
    for (const struct field32 *f = l->fields; f < l->fields + l->nr_fields; f++)
        memcpy(view + f->offset32, (const uint8_t *)own + f->offset, smaller(f->size32, f->size));
    return l->size32;
}

uint64_t layout_place(bool compat, const struct layout *l, const void *own, size_t size)
{
    uint8_t view[MAX_SIZE];

    size = layout_lower(compat, l, own, size, view);
    return space_place(view, size);
}

bool layout_peek(bool compat, const struct layout *l, uint64_t va, void *own, size_t size)
{
    uint8_t view[MAX_SIZE32];

    if (!compat || !l)
        return space_peek(va, own, size);
    memset(own, 0, size);
    if (!space_peek((uint32_t)va, view, l->size32))
        return false;
    for (const struct field32 *f = l->fields; f < l->fields + l->nr_fields; f++)
        memcpy((uint8_t *)own + f->offset, view + f->offset32, smaller(f->size32, f->size));
    return true;
}

uint64_t layout_place_words(bool compat, const uint64_t *words, size_t nr)
{
    uint32_t view[MAX_WORDS];

    if (!compat)
        return space_place(words, nr * sizeof(words[0]));
    for (size_t i = 0; i < nr; i++)
        view[i] = (uint32_t)words[i];
    return space_place(view, nr * sizeof(view[0]));
}

bool layout_peek_word(bool compat, uint64_t list, uint64_t index, uint64_t *word)
{
    *word = 0;
    return compat ? space_peek(list + index * 4, word, 4) : space_peek(list + index * 8, word, 8);
}
