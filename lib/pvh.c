/* SPDX-License-Identifier: MIT */
/* PVH images: entry point from the note, segments in order, and the checks before they are loaded. */
#include "pvh.h"

#define NOTE_PHYS32_ENTRY 18 /* XEN_ELFNOTE_PHYS32_ENTRY, xen/elfnote.h */

static const char *read_entry(const struct elf_image *e, struct pvh_image *p)
{
    struct elf_note note;
    uint64_t entry = 0;

    if (!elf_find_note(e, "Xen", NOTE_PHYS32_ENTRY, &note))
        return "no PVH entry point: the image has no Xen note of type 18 (PHYS32_ENTRY)";
    if (note.desc_size != 4 && note.desc_size != 8)
        return "the PVH entry note has neither 4 nor 8 bytes";
    for (uint32_t i = note.desc_size; i-- > 0;)
        entry = entry << 8 | note.desc[i];
    if (entry > UINT32_MAX)
        return "the PVH entry point lies above 4 GiB";
    p->entry = (uint32_t)entry;
    return NULL;
}

static uint64_t segment_end(const struct pvh_segment *s)
{
    return s->paddr + s->memsz;
}

/* Insert in ascending order; refuse what overlaps. */
static const char *add_segment(struct pvh_image *p, struct pvh_segment s)
{
    unsigned int i = p->nr_segments;

    if (i == PVH_MAX_SEGMENTS)
        return "more than 16 segments to load";
    if (s.paddr + s.memsz < s.paddr)
        return "a segment wraps around the end of the address space";
    for (; i && p->segment[i - 1].paddr > s.paddr; i--)
        p->segment[i] = p->segment[i - 1];
    p->segment[i] = s;
    p->nr_segments++;
    if ((i && segment_end(&p->segment[i - 1]) > s.paddr) ||
        (i + 1 < p->nr_segments && segment_end(&s) > p->segment[i + 1].paddr))
        return "two segments overlap";
    return NULL;
}

static const char *read_segments(const struct elf_image *e, struct pvh_image *p)
{
    struct elf_segment seg;
    const char *error;

    for (unsigned int i = 0; i < e->segments.nr; i++) {
        error = elf_segment(e, i, &seg);
        if (error)
            return error;
        if (seg.type != ELF_PT_LOAD || !seg.memsz)
            continue;
        error = add_segment(p, (struct pvh_segment){seg.paddr, seg.memsz, seg.filesz, seg.data});
        if (error)
            return error;
    }
    if (!p->nr_segments)
        return "no segments to load";
    p->start = p->segment[0].paddr;
    p->end = segment_end(&p->segment[p->nr_segments - 1]);
    return NULL;
}

static bool entry_is_loaded(const struct pvh_image *p)
{
    for (unsigned int i = 0; i < p->nr_segments; i++) {
        if (p->entry >= p->segment[i].paddr && p->entry < segment_end(&p->segment[i]))
            return true;
    }
    return false;
}

const char *pvh_parse(struct pvh_image *p, const void *data, uint64_t size, uint64_t memory)
{
    struct elf_image e;
    const char *error = elf_open(&e, data, size, ELF_MACHINE_ANY);

    *p = (struct pvh_image){0};
    if (!error)
        error = read_segments(&e, p);
    if (!error)
        error = read_entry(&e, p);
    if (error)
        return error;
    if (!entry_is_loaded(p))
        return "the PVH entry point lies outside the segments";
    if (p->end > PVH_HOLE_START)
        return "a segment lies above the RAM below 4 GiB";
    if (p->end > memory)
        return "the image is too large for the domain's memory";
    return NULL;
}
