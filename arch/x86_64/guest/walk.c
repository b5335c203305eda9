/* SPDX-License-Identifier: MIT */
/* The guest page-table walker: one loop, and a table of the paging modes. */
#include "walk.h"
#include "cpu/registers.h"
#include "error.h"
#include "hvm/p2m.h"
#include "map.h"
#include <string.h>

#define EFER_LMA      (1UL << 10)
#define CR4_PSE       (1UL << 4)

#define GUEST_PRESENT (1UL << 0)
#define GUEST_WRITE   (1UL << 1)
#define GUEST_LARGE   (1UL << 7)

#define LEVEL(n)      (1U << (n))

struct walk_mode {
    unsigned int levels, bits; /* tables from root to page, index bits of each */
    unsigned int entry_size;   /* bytes */
    unsigned int large;        /* levels whose entries may map a large page */
    unsigned int writable;     /* levels whose entries have a write bit */
    uint64_t root;             /* bits of CR3 that are the root's address: without PCID and cache bits */
};

/* AMD64 APM volume 2, chapter 5. */
static const struct walk_mode unpaged = {.levels = 0};
static const struct walk_mode legacy = {2, 10, 4, 0, LEVEL(1) | LEVEL(2), 0xfffff000};
static const struct walk_mode legacy_pse = {2, 10, 4, LEVEL(2), LEVEL(1) | LEVEL(2), 0xfffff000};
static const struct walk_mode pae = {3, 9, 8, LEVEL(2), LEVEL(1) | LEVEL(2), 0xffffffe0};
static const struct walk_mode long_mode = {
    4, 9, 8, LEVEL(2) | LEVEL(3), LEVEL(1) | LEVEL(2) | LEVEL(3) | LEVEL(4), 0x000ffffffffff000};

static const struct walk_mode *mode_of(const struct guest_view *g)
{
    if (!(g->cr0 & CR0_PG))
        return &unpaged;
    if (g->efer & EFER_LMA)
        return &long_mode;
    if (g->cr4 & CR4_PAE)
        return &pae;
    return g->cr4 & CR4_PSE ? &legacy_pse : &legacy;
}

/* 48-bit addresses are sign-extended; all others have 32 bits. */
static bool va_is_valid(const struct walk_mode *mode, uint64_t va)
{
    if (mode == &long_mode)
        return (uint64_t)((int64_t)(va << 16) >> 16) == va;
    return va >> 32 == 0;
}

/* The domain's own pages and foreign ones that it has mapped, nothing else. */
static bool frame_at(const struct guest_view *g, uint64_t gpa, mfn_t *m) NO_LOCK_CHECK
{
    enum p2m_type type = p2m_lookup_locked(g->domain, gpaddr_to_gfn(gpaddr(gpa)), m, NULL);

    return type == P2M_RAM || type == P2M_FOREIGN;
}

static bool read_entry(const struct guest_view *g, const struct walk_mode *mode, uint64_t gpa,
                       uint64_t *entry)
{
    const void *p;
    mfn_t m;

    if (!frame_at(g, gpa, &m))
        return false;
    p = (const char *)mfn_to_virt(m) + (gpa & ~PAGE_MASK);
    *entry = mode->entry_size == 8 ? *(const volatile uint64_t *)p : *(const volatile uint32_t *)p;
    return true;
}

/* 4 MiB pages keep address bits 32-39 in bits 13-20 (PSE-36). */
static uint64_t large_address(const struct walk_mode *mode, uint64_t entry, uint64_t offset_mask)
{
    uint64_t base = entry & 0x000ffffffffff000UL & ~offset_mask;

    return mode->entry_size == 8 ? base : base | (entry & 0x1fe000UL) << 19;
}

static bool walk(const struct guest_view *g, const struct walk_mode *mode, uint64_t va, bool write,
                 uint64_t *gpa)
{
    uint64_t table = g->cr3 & mode->root;

    for (unsigned int level = mode->levels; level; level--) {
        unsigned int shift = PAGE_SHIFT + (level - 1) * mode->bits;
        uint64_t index = (va >> shift) & ((1UL << mode->bits) - 1);
        uint64_t mask = (1UL << shift) - 1;
        uint64_t entry;

        if (!read_entry(g, mode, table + index * mode->entry_size, &entry) || !(entry & GUEST_PRESENT))
            return false;
        if (write && (mode->writable & LEVEL(level)) && !(entry & GUEST_WRITE))
            return false;
        if ((entry & GUEST_LARGE) && (mode->large & LEVEL(level))) {
            *gpa = large_address(mode, entry, mask) | (va & mask);
            return true;
        }
        table = entry & 0x000ffffffffff000UL;
    }
    *gpa = mode->levels ? table | (va & ~PAGE_MASK) : va;
    return true;
}

int guest_translate(const struct guest_view *g, uint64_t va, bool write, mfn_t *m)
{
    const struct walk_mode *mode = mode_of(g);
    uint64_t gpa;

    if (!va_is_valid(mode, va) || !walk(g, mode, va, write, &gpa) || !frame_at(g, gpa, m))
        return -EFAULT;
    return 0;
}

/* One stretch inside a page. p2m_lock keeps the frame from being unmapped and given away meanwhile. */
static int copy_in_page(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir)
{
    mfn_t m;
    int rc;

    spin_lock(&g->domain->p2m_lock);
    rc = guest_translate(g, va, dir == TO_GUEST, &m);
    if (rc == 0) {
        char *p = (char *)mfn_to_virt(m) + (va & ~PAGE_MASK);

        if (dir == TO_GUEST)
            memcpy(p, buf, n);
        else
            memcpy(buf, p, n);
    }
    spin_unlock(&g->domain->p2m_lock);
    return rc;
}

int guest_copy(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir)
{
    int rc = 0;

    if (va + n < va)
        return -EFAULT;
    for (char *p = buf; n && rc == 0;) {
        size_t part = MIN(n, PAGE_SIZE - (va & ~PAGE_MASK));

        rc = copy_in_page(g, va, p, part, dir);
        va += part;
        p += part;
        n -= part;
    }
    return rc;
}
