/* SPDX-License-Identifier: MIT */
/* Between the layout of 32-bit callers and the native one: tables of fields, and the loops over them. */
#include "compat.h"
#include <string.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define MAX_SIZE32  44 /* of the structures of compat_structs.h */

#define START(name) static const struct guest_field fields_##name[] = {
#define FIELD(name, member, offset32, size32)                                                                \
    {offset32, size32, offsetof(struct name, member), sizeof(((struct name *)NULL)->member)},
#define END(name, size32)                                                                                    \
    }                                                                                                        \
    ;                                                                                                        \
    _Static_assert((size32) <= MAX_SIZE32, #name);                                                           \
    const struct guest_struct guest_##name = {size32, sizeof(struct name), ARRAY_SIZE(fields_##name),        \
                                              fields_##name};
#include "compat_structs.h"

/* Little endian: the lower bytes come first, the others are 0. */
static void copy_field(uint8_t *to, size_t to_size, const uint8_t *from, size_t from_size)
{
    memset(to, 0, to_size);
    memcpy(to, from, MIN(to_size, from_size));
}

int guest_struct_read(bool compat, const struct guest_struct *s, void *own, guest_ptr_t guest)
{
    uint8_t view[MAX_SIZE32], *to = own;

    if (!compat || !s->nr_fields)
        return arch_copy_from_guest(own, guest, s->size);
    if (arch_copy_from_guest(view, guest, s->size32))
        return -EFAULT;
    memset(to, 0, s->size);
    for (const struct guest_field *f = s->fields; f < s->fields + s->nr_fields; f++)
        copy_field(to + f->offset, f->size, view + f->offset32, f->size32);
    return 0;
}

int guest_struct_write(bool compat, const struct guest_struct *s, guest_ptr_t guest, const void *own)
{
    uint8_t view[MAX_SIZE32] = {0};
    const uint8_t *from = own;

    if (!compat || !s->nr_fields)
        return arch_copy_to_guest(guest, own, s->size);
    for (const struct guest_field *f = s->fields; f < s->fields + s->nr_fields; f++)
        copy_field(view + f->offset32, f->size32, from + f->offset, f->size);
    return arch_copy_to_guest(guest, view, s->size32);
}

int guest_field_write(bool compat, const struct guest_struct *s, guest_ptr_t guest, size_t offset,
                      const void *own)
{
    const struct guest_field *f = s->fields;

    while (f->offset != offset)
        f++;
    return arch_copy_to_guest(guest_ptr_add(guest, compat ? f->offset32 : f->offset), own,
                              compat ? f->size32 : f->size);
}

int guest_words_read(bool compat, uint64_t *own, guest_ptr_t list, uint64_t first, unsigned int nr)
{
    guest_ptr_t from = guest_ptr_add(list, first * guest_word_size(compat));
    uint32_t view[GUEST_WORDS_MAX];

    BUG_ON(nr > GUEST_WORDS_MAX);
    if (!compat)
        return arch_copy_from_guest(own, from, nr * sizeof(own[0]));
    if (arch_copy_from_guest(view, from, nr * sizeof(view[0])))
        return -EFAULT;
    for (unsigned int i = 0; i < nr; i++)
        own[i] = view[i];
    return 0;
}
