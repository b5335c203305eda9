/* SPDX-License-Identifier: MIT */
/* ELF images: header, program headers, sections. Also part of the UEFI loader, so it calls no C library. */
#include "elf.h"

/* Where the fields lie, by class. System V ABI, chapter 4 "Object Files" and 5 "Program Loading". */
struct header_layout {
    uint8_t size, entry, phoff, shoff, phentsize; /* phnum, shentsize, shnum, shstrndx follow, 2 bytes each */
};
static const struct header_layout header32 = {52, 24, 28, 32, 42};
static const struct header_layout header64 = {64, 24, 32, 40, 54};

struct segment_layout {
    uint8_t size, flags, offset, vaddr, paddr, filesz, memsz, align;
};
static const struct segment_layout segment32 = {32, 24, 4, 8, 12, 16, 20, 28};
static const struct segment_layout segment64 = {56, 4, 8, 16, 24, 32, 40, 48};

struct section_layout {
    uint8_t size, flags, addr, offset, length, link, entry_size;
};
static const struct section_layout section32 = {40, 8, 12, 16, 20, 24, 36};
static const struct section_layout section64 = {64, 8, 16, 24, 32, 40, 56};

/* N bytes, little endian, at whatever alignment. */
static uint64_t read_le(const uint8_t *p, unsigned int n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | p[n];
    return v;
}

/* A field that is as wide as the class's addresses. */
static uint64_t read_word(const struct elf_image *e, const uint8_t *p)
{
    return read_le(p, e->is64 ? 8 : 4);
}

static bool within(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

static bool table_fits(const struct elf_image *e, const struct elf_table *t, unsigned int min_entry)
{
    return !t->nr ||
           (t->entry_size >= min_entry && within(t->offset, (uint64_t)t->nr * t->entry_size, e->size));
}

static const char *check_ident(struct elf_image *e)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};

    if (e->size < 52)
        return "too short for an ELF header";
    for (unsigned int i = 0; i < sizeof(magic); i++) {
        if (e->data[i] != magic[i])
            return "not an ELF image";
    }
    if (e->data[4] != 1 && e->data[4] != 2)
        return "neither a 32-bit nor a 64-bit ELF image";
    if (e->data[5] != 1)
        return "not a little-endian ELF image";
    e->is64 = e->data[4] == 2;
    if (e->size < (e->is64 ? header64.size : header32.size))
        return "too short for an ELF header";
    return NULL;
}

static const char *check_machine(struct elf_image *e, unsigned int machine)
{
    unsigned int type = (unsigned int)read_le(e->data + 16, 2);

    e->machine = (unsigned int)read_le(e->data + 18, 2);
    if (machine != ELF_MACHINE_ANY ? e->machine != machine
                                   : e->machine != ELF_MACHINE_386 && e->machine != ELF_MACHINE_X86_64)
        return "made for another machine";
    if (type != 2 && type != 3)
        return "not an executable ELF image";
    return NULL;
}

const char *elf_open(struct elf_image *e, const void *data, uint64_t size, unsigned int machine)
{
    const struct header_layout *h;
    const uint8_t *counts;
    const char *error;

    *e = (struct elf_image){.data = data, .size = size};
    error = check_ident(e);
    if (!error)
        error = check_machine(e, machine);
    if (error)
        return error;

    h = e->is64 ? &header64 : &header32;
    counts = e->data + h->phentsize;
    e->entry = read_word(e, e->data + h->entry);
    e->segments.offset = read_word(e, e->data + h->phoff);
    e->segments.entry_size = (unsigned int)read_le(counts, 2);
    e->segments.nr = (unsigned int)read_le(counts + 2, 2);
    e->sections.offset = read_word(e, e->data + h->shoff);
    e->sections.entry_size = (unsigned int)read_le(counts + 4, 2);
    e->sections.nr = (unsigned int)read_le(counts + 6, 2);
    e->names_section = (unsigned int)read_le(counts + 8, 2);
    if (!table_fits(e, &e->segments, e->is64 ? segment64.size : segment32.size))
        return "program headers lie outside the ELF image";
    if (!table_fits(e, &e->sections, e->is64 ? section64.size : section32.size))
        return "section headers lie outside the ELF image";
    return NULL;
}

const char *elf_segment(const struct elf_image *e, unsigned int i, struct elf_segment *s)
{
    const struct segment_layout *l = e->is64 ? &segment64 : &segment32;
    const uint8_t *p;
    uint64_t offset;

    if (i >= e->segments.nr)
        return "no such program header";
    p = e->data + e->segments.offset + (uint64_t)i * e->segments.entry_size;
    offset = read_word(e, p + l->offset);
    *s = (struct elf_segment){
        .type = (uint32_t)read_le(p, 4),
        .flags = (uint32_t)read_le(p + l->flags, 4),
        .vaddr = read_word(e, p + l->vaddr),
        .paddr = read_word(e, p + l->paddr),
        .filesz = read_word(e, p + l->filesz),
        .memsz = read_word(e, p + l->memsz),
        .align = read_word(e, p + l->align),
    };
    if (!within(offset, s->filesz, e->size))
        return "a segment's contents lie outside the ELF image";
    if (s->type == ELF_PT_LOAD && s->filesz > s->memsz)
        return "a segment is larger in the ELF image than in memory";
    s->data = e->data + offset;
    return NULL;
}

/* Everything but the name. */
static const char *read_section(const struct elf_image *e, unsigned int i, struct elf_section *s,
                                uint32_t *name)
{
    const struct section_layout *l = e->is64 ? &section64 : &section32;
    const uint8_t *p;
    uint64_t offset;

    if (i >= e->sections.nr)
        return "no such section";
    p = e->data + e->sections.offset + (uint64_t)i * e->sections.entry_size;
    offset = read_word(e, p + l->offset);
    *name = (uint32_t)read_le(p, 4);
    *s = (struct elf_section){
        .name = "",
        .type = (uint32_t)read_le(p + 4, 4),
        .link = (uint32_t)read_le(p + l->link, 4),
        .flags = read_word(e, p + l->flags),
        .addr = read_word(e, p + l->addr),
        .size = read_word(e, p + l->length),
        .entry_size = read_word(e, p + l->entry_size),
    };
    if (s->type == ELF_SHT_NOBITS)
        return NULL;
    if (!within(offset, s->size, e->size))
        return "a section's contents lie outside the ELF image";
    s->data = e->data + offset;
    return NULL;
}

/* The string at POS of a string table, "" if it does not end within it. */
static const char *table_string(const struct elf_section *table, uint64_t pos)
{
    for (uint64_t end = pos; table->data && end < table->size; end++) {
        if (!table->data[end])
            return (const char *)table->data + pos;
    }
    return "";
}

const char *elf_section(const struct elf_image *e, unsigned int i, struct elf_section *s)
{
    struct elf_section names;
    uint32_t name, unused;
    const char *error = read_section(e, i, s, &name);

    if (!error && !read_section(e, e->names_section, &names, &unused))
        s->name = table_string(&names, name);
    return error;
}
