/* SPDX-License-Identifier: MIT */
/* Translation as AMD's manual describes it (volume 2, chapter 5), mode by mode, one figure after the other.
 */
#include "reference_walk.h"
#include "error.h"
#include <string.h>

#define P          1UL
#define RW         2UL
#define US         4UL
#define A          (1U << 5)
#define D          (1U << 6)
#define PS         (1UL << 7)
#define NX         (1UL << 63)
#define ALL        (RW | US)

#define MAX_LEVELS 4U

struct translation {
    uint64_t gpa;
    uint64_t rights; /* RW and US, if every level has them */
    unsigned int nr;
    uint8_t *entry[MAX_LEVELS]; /* the lowest byte of each that has an accessed bit; the last one has a dirty
                                   bit */
};

struct guest_frame *find_guest_frame(uint64_t gfn)
{
    for (unsigned int i = 0; i < NR_GUEST_FRAMES; i++)
        if (guest_frames[i].gfn == gfn)
            return &guest_frames[i];
    return NULL;
}

static struct guest_frame *memory_at(uint64_t gpa)
{
    struct guest_frame *f = find_guest_frame(gpa / PAGE_SIZE);

    return f && (f->type == P2M_RAM || f->type == P2M_FOREIGN) ? f : NULL;
}

/* Bits HI to LO of VALUE, where they are. */
static uint64_t field(uint64_t value, unsigned int hi, unsigned int lo)
{
    return value << (63 - hi) >> (63 - hi + lo) << lo;
}

/* A present entry without any of the bits that must be zero. */
static bool read_entry(struct translation *t, uint64_t gpa, size_t size, uint64_t must_be_zero,
                       uint64_t *entry)
{
    struct guest_frame *f = memory_at(gpa);

    *entry = 0;
    if (f) {
        t->entry[t->nr++] = &f->copy[gpa % PAGE_SIZE];
        memcpy(entry, f->copy + gpa % PAGE_SIZE, size);
    }
    return (*entry & P) && !(*entry & must_be_zero);
}

/* Figures 5-6 to 5-9: two levels of 4-byte entries; with CR4.PSE also pages of 4 MiB, bits 39 to 32 of whose
 * address are in bits 20 to 13. */
static bool walk_legacy(const struct guest_view *g, uint64_t va, struct translation *t)
{
    uint64_t pde, pte;

    if (!read_entry(t, field(g->cr3, 31, 12) + field(va, 31, 22) / (1UL << 22) * 4, 4, 0, &pde))
        return false;
    t->rights = pde & ALL;
    if ((pde & PS) && (g->cr4 & 0x10)) {
        t->gpa = field(pde, 31, 22) | field(pde, 20, 13) << 19 | field(va, 21, 0);
        return !field(pde, 21, 21);
    }
    if (!read_entry(t, field(pde, 31, 12) + field(va, 21, 12) / (1UL << 12) * 4, 4, 0, &pte))
        return false;
    t->rights &= pte;
    t->gpa = field(pte, 31, 12) | field(va, 11, 0);
    return true;
}

/* Figures 5-10 to 5-16: three levels of 8-byte entries. Of the first level's reserved bits this takes 8 to 6,
 * 2 and 1: QEMU sets bit 5. */
static bool walk_pae(const struct guest_view *g, uint64_t va, struct translation *t)
{
    uint64_t nx = g->efer & 0x800 ? 0 : NX, high = field(~0UL, 62, 52), pdpe, pde, pte;

    if (!read_entry(t, field(g->cr3, 31, 5) + field(va, 31, 30) / (1UL << 30) * 8, 8,
                    field(~0UL, 63, 52) | field(~0UL, 8, 6) | field(~0UL, 2, 1), &pdpe))
        return false;
    t->nr = 0; /* the CPU loads the first level with CR3: it has no accessed bit */
    if (!read_entry(t, field(pdpe, 51, 12) + field(va, 29, 21) / (1UL << 21) * 8, 8, nx | high, &pde))
        return false;
    t->rights = pde & ALL;
    if (pde & PS) {
        t->gpa = field(pde, 51, 21) | field(va, 20, 0);
        return !field(pde, 20, 13);
    }
    if (!read_entry(t, field(pde, 51, 12) + field(va, 20, 12) / (1UL << 12) * 8, 8, nx | high, &pte))
        return false;
    t->rights &= pte;
    t->gpa = field(pte, 51, 12) | field(va, 11, 0);
    return true;
}

/* Figures 5-17 to 5-27: four levels, pages of 4 KiB, 2 MiB and 1 GiB. */
static bool walk_long(const struct guest_view *g, uint64_t va, struct translation *t)
{
    uint64_t nx = g->efer & 0x800 ? 0 : NX, pml4e, pdpe, pde, pte;

    if (!read_entry(t, field(g->cr3, 51, 12) + field(va, 47, 39) / (1UL << 39) * 8, 8, nx | PS, &pml4e) ||
        !read_entry(t, field(pml4e, 51, 12) + field(va, 38, 30) / (1UL << 30) * 8, 8, nx, &pdpe))
        return false;
    t->rights = pml4e & pdpe & ALL;
    if (pdpe & PS) {
        t->gpa = field(pdpe, 51, 30) | field(va, 29, 0);
        return !field(pdpe, 29, 13);
    }
    if (!read_entry(t, field(pdpe, 51, 12) + field(va, 29, 21) / (1UL << 21) * 8, 8, nx, &pde))
        return false;
    t->rights &= pde;
    if (pde & PS) {
        t->gpa = field(pde, 51, 21) | field(va, 20, 0);
        return !field(pde, 20, 13);
    }
    if (!read_entry(t, field(pde, 51, 12) + field(va, 20, 12) / (1UL << 12) * 8, 8, nx, &pte))
        return false;
    t->rights &= pte;
    t->gpa = field(pte, 51, 12) | field(va, 11, 0);
    return true;
}

static bool walk_any(const struct guest_view *g, uint64_t va, struct translation *t)
{
    *t = (struct translation){.gpa = va, .rights = ALL};
    if (!(g->cr0 >> 31 & 1))
        return true;
    if (g->efer & 0x400)
        return walk_long(g, va, t);
    return g->cr4 & 0x20 ? walk_pae(g, va, t) : walk_legacy(g, va, t);
}

/* 64-bit code has addresses whose upper 17 bits are the same, all other code those of 32 bits. */
static bool is_address(const struct guest_view *g, uint64_t va)
{
    uint64_t upper = va >> 47;

    return g->code64 ? upper == 0 || upper == 0x1ffff : va < 1UL << 32;
}

struct guest_frame *reference_translate(const struct guest_view *g, uint64_t va, unsigned int access)
{
    uint64_t rights = (access & ACCESS_WRITE ? RW : 0) | (access & ACCESS_USER ? US : 0);
    struct guest_frame *f;
    struct translation t;

    if (!is_address(g, va) || !walk_any(g, va, &t) || (rights & ~t.rights))
        return NULL;
    f = memory_at(t.gpa);
    for (unsigned int i = 0; f && i < t.nr; i++)
        *t.entry[i] |= A | ((access & ACCESS_WRITE) && i + 1 == t.nr ? D : 0);
    return f;
}

int reference_copy(const struct guest_view *g, uint64_t va, uint8_t *buf, size_t n, enum copy_direction dir)
{
    size_t part;

    if (va + n < va)
        return -EFAULT;
    for (; n; va += part, buf += part, n -= part) {
        struct guest_frame *f = reference_translate(g, va, dir == TO_GUEST ? ACCESS_WRITE : ACCESS_READ);

        if (!f)
            return -EFAULT;
        part = MIN(n, PAGE_SIZE - va % PAGE_SIZE);
        if (dir == TO_GUEST)
            memcpy(f->copy + va % PAGE_SIZE, buf, part);
        else
            memcpy(buf, f->copy + va % PAGE_SIZE, part);
    }
    return 0;
}
