/* SPDX-License-Identifier: MIT */
/* The guest page-table walker: one loop, and a table of the paging modes. */
#include "walk.h"
#include "cpu/registers.h"
#include "error.h"
#include "hvm/p2m.h"
#include "map.h"
#include <string.h>

#define EFER_LMA       (1UL << 10)
#define CR4_PSE        (1UL << 4)

#define GUEST_PRESENT  (1UL << 0)
#define GUEST_WRITE    (1UL << 1)
#define GUEST_USER     (1UL << 2)
#define GUEST_ACCESSED (1UL << 5)
#define GUEST_DIRTY    (1UL << 6)
#define GUEST_LARGE    (1UL << 7)
#define GUEST_NX       (1UL << 63)

#define BITS(hi, lo)   ((~0UL >> (63 - (hi))) & (~0UL << (lo)))

/* Reserved bits must be 0, or the CPU faults. */
struct walk_level {
    bool no_rights;          /* has no write, user and accessed bit */
    bool large;              /* may map a large page */
    uint64_t reserved;       /* of all entries */
    uint64_t large_reserved; /* and of those that map a large page */
};

struct walk_mode {
    unsigned int levels, bits; /* tables from root to page, index bits of each */
    unsigned int entry_size;   /* bytes */
    uint64_t root;             /* bits of CR3 that are the root's address: without PCID and cache bits */
    struct walk_level level[WALK_MAX_LEVELS + 1];
};

/* AMD64 APM volume 2, chapter 5. Addresses beyond what a guest can have lead nowhere, so their bits need no
 * check here; bit 12 of a large page's entry is PAT's. Bit 5 of PAE's first level is reserved too, but QEMU
 * sets it: to it that entry is like all others and was accessed. */
static const struct walk_mode unpaged = {.levels = 0};
static const struct walk_mode legacy = {2, 10, 4, BITS(31, 12), {{0}}};
static const struct walk_mode legacy_pse = {
    2, 10, 4, BITS(31, 12), {[2] = {.large = true, .large_reserved = BITS(21, 21)}}};
static const struct walk_mode pae = {
    3,
    9,
    8,
    BITS(31, 5),
    {[1] = {.reserved = BITS(62, 52)},
     [2] = {.large = true, .reserved = BITS(62, 52), .large_reserved = BITS(20, 13)},
     [3] = {.no_rights = true, .reserved = BITS(63, 52) | BITS(8, 6) | BITS(2, 1)}}};
static const struct walk_mode long_mode = {4,
                                           9,
                                           8,
                                           BITS(51, 12),
                                           {[2] = {.large = true, .large_reserved = BITS(20, 13)},
                                            [3] = {.large = true, .large_reserved = BITS(29, 13)},
                                            [4] = {.reserved = GUEST_LARGE}}};

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
static bool va_is_valid(const struct guest_view *g, uint64_t va)
{
    if (g->code64)
        return (uint64_t)((int64_t)(va << 16) >> 16) == va;
    return va >> 32 == 0;
}

/* The domain's own pages and those of others that it has mapped and may write to, nothing else. */
static bool frame_at(const struct guest_view *g, uint64_t gpa, mfn_t *m) NO_LOCK_CHECK
{
    enum p2m_type type = p2m_lookup_locked(g->domain, gpaddr_to_gfn(gpaddr(gpa)), m, NULL);

    return type == P2M_RAM || type == P2M_FOREIGN || type == P2M_GRANT;
}

static uint64_t read_entry(const struct walk_mode *mode, const void *p)
{
    return mode->entry_size == 8 ? *(const volatile uint64_t *)p : *(const volatile uint32_t *)p;
}

/* An entry in the guest's memory, NULL where that is not the domain's. */
static void *entry_at(const struct guest_view *g, uint64_t gpa)
{
    mfn_t m;

    return frame_at(g, gpa, &m) ? (char *)mfn_to_virt(m) + (gpa & ~PAGE_MASK) : NULL;
}

/* 4 MiB pages keep address bits 32-39 in bits 13-20 (PSE-36). */
static uint64_t large_address(const struct walk_mode *mode, uint64_t entry, uint64_t offset_mask)
{
    uint64_t base = entry & 0x000ffffffffff000UL & ~offset_mask;

    return mode->entry_size == 8 ? base : base | (entry & 0x1fe000UL) << 19;
}

/* Does the CPU go on with this entry? */
static bool entry_is_valid(const struct guest_view *g, const struct walk_level *l, uint64_t entry)
{
    uint64_t reserved = l->reserved | (g->efer & EFER_NXE ? 0 : GUEST_NX);

    if (l->large && (entry & GUEST_LARGE))
        reserved |= l->large_reserved;
    return (entry & GUEST_PRESENT) && !(entry & reserved);
}

static bool walk(const struct guest_view *g, const struct walk_mode *mode, uint64_t va, struct known_walk *w,
                 uint64_t *gpa)
{
    uint64_t table = g->cr3 & mode->root;

    w->nr = w->done = 0;
    w->dirty = !mode->levels;
    w->writable = w->user = true;
    for (unsigned int level = mode->levels; level; level--) {
        const struct walk_level *l = &mode->level[level];
        unsigned int shift = PAGE_SHIFT + (level - 1) * mode->bits;
        uint64_t index = (va >> shift) & ((1UL << mode->bits) - 1);
        uint64_t mask = (1UL << shift) - 1;
        void *at = entry_at(g, table + index * mode->entry_size);
        uint64_t entry = at ? read_entry(mode, at) : 0;

        if (!entry_is_valid(g, l, entry))
            return false;
        w->at[w->nr] = at;
        w->entry[w->nr++] = entry;
        w->writable &= l->no_rights || (entry & GUEST_WRITE);
        w->user &= l->no_rights || (entry & GUEST_USER);
        w->dirty = entry & GUEST_DIRTY;
        if (l->large && (entry & GUEST_LARGE)) {
            *gpa = large_address(mode, entry, mask) | (va & mask);
            return true;
        }
        table = entry & 0x000ffffffffff000UL;
    }
    *gpa = mode->levels ? table | (va & ~PAGE_MASK) : va;
    return true;
}

static bool is_known(const struct guest_view *g, const struct walk_mode *mode, uint64_t va,
                     const struct known_walk *w)
{
    if (w->mode != mode || w->page != (va & PAGE_MASK) || w->cr3 != g->cr3 || w->efer != g->efer ||
        w->p2m_generation != p2m_generation(g->domain))
        return false;
    for (unsigned int i = 0; i < w->nr; i++)
        if (read_entry(mode, w->at[i]) != w->entry[i])
            return false;
    return true;
}

static bool find_walk(const struct guest_view *g, const struct walk_mode *mode, uint64_t va,
                      struct known_walk *w)
{
    uint64_t gpa;

    if (is_known(g, mode, va, w))
        return true;
    w->mode = NULL;
    w->p2m_generation = p2m_generation(g->domain); /* first: what the walk finds is no older */
    if (!walk(g, mode, va, w, &gpa) || !frame_at(g, gpa, &w->frame))
        return false;
    w->mode = mode;
    w->page = va & PAGE_MASK;
    w->cr3 = g->cr3;
    w->efer = g->efer;
    return true;
}

/* As long as it is as it was read: who changes it meanwhile keeps what he has written. */
static void set_bits(const struct walk_mode *mode, struct known_walk *w, unsigned int i, uint64_t bits)
{
    uint64_t old = w->entry[i];
    uint32_t old32 = (uint32_t)old;

    if ((old & bits) == bits)
        return;
    if (mode->entry_size == 8
            ? __atomic_compare_exchange_n((uint64_t *)w->at[i], &old, old | bits, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED)
            : __atomic_compare_exchange_n((uint32_t *)w->at[i], &old32, old32 | (uint32_t)bits, false,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        w->entry[i] |= bits;
}

/* As Xen's guest_walk_tables: when a walk leads somewhere, all its entries were accessed. The last one comes
 * first, for it may be all the others, too. */
static void set_accessed(const struct walk_mode *mode, struct known_walk *w, bool write)
{
    for (unsigned int i = w->nr; i-- > 0;)
        if (!mode->level[mode->levels - i].no_rights)
            set_bits(mode, w, i, GUEST_ACCESSED | (write && i + 1 == w->nr ? GUEST_DIRTY : 0));
    w->dirty |=
        write && w->nr && (w->entry[w->nr - 1] & GUEST_DIRTY); /* else another has changed it: once more */
}

NOINLINE static int first_access(const struct walk_mode *mode, struct known_walk *w, unsigned int access)
{
    if (((access & ACCESS_WRITE) && !w->writable) || ((access & ACCESS_USER) && !w->user))
        return -EFAULT;
    set_accessed(mode, w, access & ACCESS_WRITE);
    w->done |= WALK_DONE | (w->writable && w->dirty ? ACCESS_WRITE : 0) | (w->user ? ACCESS_USER : 0);
    return 0;
}

int guest_translate(const struct guest_view *g, uint64_t va, unsigned int access, mfn_t *m)
{
    struct known_walk once = {.mode = NULL};
    struct known_walk *w = g->known ? &g->known[(va >> PAGE_SHIFT) % KNOWN_WALKS] : &once;
    const struct walk_mode *mode = mode_of(g);

    if (!va_is_valid(g, va) || !find_walk(g, mode, va, w))
        return -EFAULT;
    if (unlikely((access | WALK_DONE) & ~w->done) && first_access(mode, w, access))
        return -EFAULT;
    *m = w->frame;
    return 0;
}

/* One stretch inside a page, whose frame the caller keeps from being unmapped and given away. */
static int copy_held(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir)
{
    mfn_t m;
    int rc = guest_translate(g, va, dir == TO_GUEST ? ACCESS_WRITE : ACCESS_READ, &m);
    char *p = rc ? NULL : (char *)mfn_to_virt(m) + (va & ~PAGE_MASK);

    if (rc == 0)
        memcpy(dir == TO_GUEST ? p : buf, dir == TO_GUEST ? buf : p, n);
    return rc;
}

/* As the guest itself would do it: p2m_flush waits for us. False: it has to be done under the lock. */
static bool copy_in_use(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir)
{
    bool done = p2m_use(g->uses, g->domain, p2m_generation(g->domain)) && copy_held(g, va, buf, n, dir) == 0;

    p2m_use_end(g->uses);
    return done;
}

/* Without the lock, which a domain's vCPUs would fight for in every hypercall. What is not found may be on
 * its way from one frame to another (XENMEM_exchange): under the lock one sees what has come of it. */
static int copy_in_page(const struct guest_view *g, uint64_t va, void *buf, size_t n, enum copy_direction dir)
{
    int rc;

    if (likely(g->uses && copy_in_use(g, va, buf, n, dir)))
        return 0;
    p2m_lock(g->domain);
    rc = copy_held(g, va, buf, n, dir);
    p2m_unlock(g->domain);
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
