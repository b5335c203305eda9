/* SPDX-License-Identifier: MIT */
/* Notes in ELF images: {name size, description size, type}, name and description each padded to 4 bytes. */
#include "elf.h"

static uint32_t read32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t padded(uint32_t size)
{
    return ((uint64_t)size + 3) & ~3UL;
}

bool elf_next_note(const uint8_t *data, uint64_t size, uint64_t *pos, struct elf_note *note)
{
    uint64_t left;
    const uint8_t *p;

    if (*pos > size || size - *pos < 12)
        return false;
    p = data + *pos;
    left = size - *pos - 12;
    note->name_size = read32(p);
    note->desc_size = read32(p + 4);
    note->type = read32(p + 8);
    if (padded(note->name_size) > left || note->desc_size > left - padded(note->name_size))
        return false;
    note->name = (const char *)p + 12;
    note->desc = p + 12 + padded(note->name_size);
    *pos += 12 + padded(note->name_size) + padded(note->desc_size);
    return true;
}

static bool is_named(const struct elf_note *note, const char *name)
{
    for (uint32_t i = 0; i < note->name_size; i++) {
        if (note->name[i] != name[i])
            return false;
        if (!name[i])
            return i + 1 == note->name_size;
    }
    return false;
}

static bool find_in(const uint8_t *data, uint64_t size, const char *name, uint32_t type,
                    struct elf_note *note)
{
    for (uint64_t pos = 0; elf_next_note(data, size, &pos, note);) {
        if (note->type == type && is_named(note, name))
            return true;
    }
    return false;
}

bool elf_find_note(const struct elf_image *e, const char *name, uint32_t type, struct elf_note *note)
{
    struct elf_segment seg;
    struct elf_section sec;

    for (unsigned int i = 0; i < e->segments.nr; i++) {
        if (!elf_segment(e, i, &seg) && seg.type == ELF_PT_NOTE &&
            find_in(seg.data, seg.filesz, name, type, note))
            return true;
    }
    for (unsigned int i = 0; i < e->sections.nr; i++) {
        if (!elf_section(e, i, &sec) && sec.type == ELF_SHT_NOTE &&
            find_in(sec.data, sec.size, name, type, note))
            return true;
    }
    return false;
}
