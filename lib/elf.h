/* SPDX-License-Identifier: MIT */
/* A bounds-checked reader for ELF images in memory, 32 and 64 bit, little endian. It allocates nothing and
 * never reads outside the image; functions return NULL or a sentence that says what is wrong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_MACHINE_ANY = 0, ELF_MACHINE_386 = 3, ELF_MACHINE_X86_64 = 62 };
enum { ELF_PT_LOAD = 1, ELF_PT_NOTE = 4 };
enum { ELF_SHT_SYMTAB = 2, ELF_SHT_STRTAB = 3, ELF_SHT_NOTE = 7, ELF_SHT_NOBITS = 8 };
enum { ELF_PF_X = 1, ELF_PF_W = 2, ELF_PF_R = 4 };

struct elf_table {
    uint64_t offset;
    unsigned int entry_size, nr;
};

struct elf_image {
    const uint8_t *data;
    uint64_t size;
    bool is64;
    unsigned int machine;
    uint64_t entry; /* virtual address */
    struct elf_table segments, sections;
    unsigned int names_section; /* index of the section that holds the sections' names */
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t vaddr, paddr;
    uint64_t filesz, memsz; /* filesz <= memsz for PT_LOAD */
    uint64_t align;
    const uint8_t *data; /* filesz bytes */
};

struct elf_section {
    const char *name; /* "" if it has none that can be read */
    uint32_t type, link;
    uint64_t flags, addr, size, entry_size;
    const uint8_t *data; /* size bytes; NULL for ELF_SHT_NOBITS */
};

struct elf_note {
    uint32_t type;
    const char *name; /* name_size bytes, with the final 0 */
    uint32_t name_size, desc_size;
    const uint8_t *desc;
};

/* Check the header and that the tables lie within DATA, which must stay in place as long as E is used.
 * MACHINE: what the image must be for; ELF_MACHINE_ANY takes 386 and x86-64. */
const char *elf_open(struct elf_image *e, const void *data, uint64_t size, unsigned int machine);

/* Program header I < segments.nr, and section header I < sections.nr. */
const char *elf_segment(const struct elf_image *e, unsigned int i, struct elf_segment *s);
const char *elf_section(const struct elf_image *e, unsigned int i, struct elf_section *s);

/* The next note of the SIZE bytes at DATA, *POS being 0 at first; false at the end and for a broken note. */
bool elf_next_note(const uint8_t *data, uint64_t size, uint64_t *pos, struct elf_note *note);

/* The first note of this owner and type in the PT_NOTE segments, or, if it is not there, in the SHT_NOTE
 * sections, as in Xen: not every linker script makes a segment of the right notes. */
bool elf_find_note(const struct elf_image *e, const char *name, uint32_t type, struct elf_note *note);

/* The name of the function that ADDRESS lies in, with the distance from its start; NULL if it is not known.
 * 64-bit images only. */
const char *elf_symbol_at(const struct elf_image *e, uint64_t address, uint64_t *offset);
