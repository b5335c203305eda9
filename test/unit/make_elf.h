/* SPDX-License-Identifier: MIT */
/* Small ELF images for the tests, written by the C library's own <elf.h> structures. Every image is a heap
 * block of exactly its size, so that AddressSanitizer sees a reader that goes beyond it. */
#pragma once

#include "/usr/include/elf.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MADE_SEGMENTS 20

struct made_segment {
    uint32_t type;
    uint64_t paddr, filesz, memsz;
    const void *data;
};

struct made_elf {
    bool is32;
    uint16_t machine;
    unsigned int nr;
    struct made_segment segment[MADE_SEGMENTS];
    bool note_in_section; /* the note segment becomes a section of type SHT_NOTE instead */
};

struct made_image {
    uint8_t *data;
    size_t size;
};

static inline void made_add(struct made_elf *m, uint32_t type, uint64_t paddr, uint64_t filesz,
                            uint64_t memsz, const void *data)
{
    m->segment[m->nr++] = (struct made_segment){type, paddr, filesz, memsz, data};
}

static inline struct made_elf made_new(bool is32)
{
    return (struct made_elf){.is32 = is32, .machine = is32 ? EM_386 : EM_X86_64};
}

static inline void put(struct made_image *i, const void *data, size_t n)
{
    i->data = realloc(i->data, i->size + n);
    if (data)
        memcpy(i->data + i->size, data, n);
    else
        memset(i->data + i->size, 0xcc, n);
    i->size += n;
}

/* Header, program headers, section headers (a null one and one for each note if asked for), contents. */
#define MAKE(bits, header_class)                                                                             \
    static inline struct made_image made_image##bits(const struct made_elf *m)                               \
    {                                                                                                        \
        struct made_image out = {0};                                                                         \
        unsigned int nr_sections = m->note_in_section ? m->nr + 1 : 0;                                       \
        uint64_t sections = sizeof(Elf##bits##_Ehdr) + m->nr * sizeof(Elf##bits##_Phdr);                     \
        uint64_t first = sections + nr_sections * sizeof(Elf##bits##_Shdr), at = first;                      \
        Elf##bits##_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', header_class, ELFDATA2LSB, EV_CURRENT},       \
                              .e_type = ET_EXEC,                                                             \
                              .e_machine = m->machine,                                                       \
                              .e_version = 1,                                                                \
                              .e_entry = 0x100010,                                                           \
                              .e_phoff = sizeof(h),                                                          \
                              .e_shoff = nr_sections ? sections : 0,                                         \
                              .e_ehsize = sizeof(h),                                                         \
                              .e_phentsize = sizeof(Elf##bits##_Phdr),                                       \
                              .e_phnum = (uint16_t)m->nr,                                                    \
                              .e_shentsize = sizeof(Elf##bits##_Shdr),                                       \
                              .e_shnum = (uint16_t)nr_sections};                                             \
                                                                                                             \
        put(&out, &h, sizeof(h));                                                                            \
        for (unsigned int i = 0; i < m->nr; at += m->segment[i++].filesz) {                                  \
            const struct made_segment *s = &m->segment[i];                                                   \
            bool hidden = m->note_in_section && s->type == PT_NOTE;                                          \
            Elf##bits##_Phdr p = {.p_type = hidden ? PT_NULL : s->type};                                     \
                                                                                                             \
            p.p_offset = (Elf##bits##_Off)at;                                                                \
            p.p_vaddr = p.p_paddr = (Elf##bits##_Addr)s->paddr;                                              \
            p.p_filesz = (Elf##bits##_Word)s->filesz;                                                        \
            p.p_memsz = (Elf##bits##_Word)s->memsz;                                                          \
            MADE_SIZES(p, s);                                                                                \
            put(&out, &p, sizeof(p));                                                                        \
        }                                                                                                    \
        at = first;                                                                                          \
        for (unsigned int i = 0; i < nr_sections; i++) {                                                     \
            Elf##bits##_Shdr s = {.sh_type = SHT_NULL};                                                      \
                                                                                                             \
            if (i && m->segment[i - 1].type == PT_NOTE) {                                                    \
                s.sh_type = SHT_NOTE;                                                                        \
                s.sh_size = (Elf##bits##_Word)m->segment[i - 1].filesz;                                      \
                s.sh_offset = (Elf##bits##_Off)at;                                                           \
            }                                                                                                \
            at += i ? m->segment[i - 1].filesz : 0;                                                          \
            put(&out, &s, sizeof(s));                                                                        \
        }                                                                                                    \
        for (unsigned int i = 0; i < m->nr; i++)                                                             \
            put(&out, m->segment[i].data, m->segment[i].filesz);                                             \
        return out;                                                                                          \
    }

/* The sizes of 64-bit images do not fit the Word that both classes have in common. */
#define MADE_SIZES(p, s) (void)0
MAKE(32, ELFCLASS32)
#undef MADE_SIZES
#define MADE_SIZES(p, s) ((p).p_filesz = (s)->filesz, (p).p_memsz = (s)->memsz)
MAKE(64, ELFCLASS64)

static inline struct made_image made_image(const struct made_elf *m)
{
    return m->is32 ? made_image32(m) : made_image64(m);
}

/* A note that says where a PVH image is entered, in 4 or 8 bytes. */
struct made_note {
    Elf32_Nhdr header;
    char name[4];
    uint64_t entry;
};

static inline struct made_note made_pvh_note(uint64_t entry)
{
    return (struct made_note){{4, 8, 18}, "Xen", entry};
}
