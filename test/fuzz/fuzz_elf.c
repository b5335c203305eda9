/* SPDX-License-Identifier: MIT */
/* Fuzzer for lib/elf*.c and lib/pvh.c: any bytes as an image. Whatever is accepted keeps pvh.h's promises. */
#include "../../lib/pvh.h"
#include <stdlib.h>
#include <string.h>

#define MEMORY (64UL << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touch every byte of what was given out: the address sanitizer sees what lies outside. */
static uint64_t touch(const void *data, uint64_t size)
{
    const volatile uint8_t *p = data;
    uint64_t sum = 0;

    for (uint64_t i = 0; p && i < size; i++)
        sum += p[i];
    return sum;
}

static void read_everything(const uint8_t *data, size_t size)
{
    struct elf_segment segment;
    struct elf_section section;
    struct elf_image e;
    struct elf_note note;
    uint64_t offset;

    if (elf_open(&e, data, size, ELF_MACHINE_ANY))
        return;
    for (unsigned int i = 0; i < e.segments.nr && i < 64; i++)
        if (!elf_segment(&e, i, &segment))
            touch(segment.data, segment.filesz);
    for (unsigned int i = 0; i < e.sections.nr && i < 64; i++)
        if (!elf_section(&e, i, &section))
            touch(section.data, section.data ? section.size : 0), touch(section.name, strlen(section.name));
    if (elf_find_note(&e, "Xen", 18, &note))
        touch(note.desc, note.desc_size), touch(note.name, note.name_size);
    if (e.is64) {
        const char *name = elf_symbol_at(&e, e.entry, &offset);
        touch(name, name ? strlen(name) : 0);
    }
}

static void check_accepted(const struct pvh_image *p)
{
    uint64_t before = 0;
    bool entered = false;

    if (!p->nr_segments || p->nr_segments > PVH_MAX_SEGMENTS || p->end > MEMORY)
        abort();
    for (unsigned int i = 0; i < p->nr_segments; i++) {
        const struct pvh_segment *s = &p->segment[i];
        if (s->paddr < before || !s->memsz || s->filesz > s->memsz || s->memsz > MEMORY - s->paddr)
            abort();
        before = s->paddr + s->memsz;
        entered |= p->entry >= s->paddr && p->entry < before;
        touch(s->data, s->filesz);
    }
    if (!entered || before != p->end)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct pvh_image p;

    memcpy(copy, data, size);
    read_everything(copy, size);
    if (!pvh_parse(&p, copy, size, MEMORY))
        check_accepted(&p);
    free(copy);
    return 0;
}
