/* SPDX-License-Identifier: MIT */
/* Entries of nested page tables, and the tables' life: made on demand from the paging pool, freed when empty.
 */
#pragma once

#include "p2m.h"

#define P2M_LEVELS  4U /* level 1 maps 4 KiB, 2: 2 MiB, 3: 1 GiB; level 4 only points to tables */
#define P2M_ENTRIES 512U

/* An entry has the format of a long-mode page table (APM volume 2, 15.25.5). USER is set throughout: the CPU
 * treats nested accesses as user's. The type is kept in the bits that the CPU leaves to software; no type, no
 * entry. */
#define P2M_PRESENT        (1UL << 0)
#define P2M_WRITE          (1UL << 1)
#define P2M_USER           (1UL << 2)
#define P2M_LARGE          (1UL << 7)
#define P2M_TYPE_SHIFT     9
#define P2M_TYPE           (7UL << P2M_TYPE_SHIFT)
#define P2M_ADDRESS        0x000ffffffffff000UL
#define P2M_TABLE          (P2M_PRESENT | P2M_WRITE | P2M_USER)

#define LEVEL_ORDER(level) (((level)-1U) * 9U) /* pages that an entry of this level covers */

static inline unsigned int p2m_index(gfn_t g, unsigned int level)
{
    return (unsigned int)(g.v >> LEVEL_ORDER(level)) & (P2M_ENTRIES - 1);
}

static inline uint64_t p2m_leaf(mfn_t m, unsigned int level, enum p2m_type type)
{
    uint64_t rights = type == P2M_GRANT_RO ? P2M_TABLE & ~P2M_WRITE : P2M_TABLE;

    return (m.v << PAGE_SHIFT) | rights | (level > 1 ? P2M_LARGE : 0) | ((uint64_t)type << P2M_TYPE_SHIFT);
}

static inline mfn_t p2m_entry_mfn(uint64_t entry)
{
    return mfn((entry & P2M_ADDRESS) >> PAGE_SHIFT);
}

static inline enum p2m_type p2m_entry_type(uint64_t entry)
{
    return (enum p2m_type)((entry & P2M_TYPE) >> P2M_TYPE_SHIFT);
}

static inline bool p2m_is_leaf(uint64_t entry, unsigned int level)
{
    return entry && (level == 1 || (entry & P2M_LARGE));
}

/* CPUs walk the tables at any time: an entry changes with one store, and after what it leads to. */
static inline void p2m_set_entry(uint64_t *entry, uint64_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* All below: the caller holds p2m_lock. */

/* Take a translation or a table away: whoever knew it may use it until p2m_flush. */
static inline void p2m_clear_entry(struct arch_domain *a, uint64_t *entry) REQUIRES(a->p2m_lock)
{
    p2m_set_entry(entry, 0);
    a->p2m_owes_flush = true;
}

/* The leaf that maps g, or 0; *level is where the walk ended. */
uint64_t p2m_walk(const struct arch_domain *a, gfn_t g, unsigned int *level) REQUIRES(a->p2m_lock);

/* Make the tables for g down to a level; the last of them becomes a->p2m_last. -EEXIST when a larger mapping
 * is in the way, -ENOMEM when the pool is empty; then the tables are as before. */
int p2m_make_way(struct arch_domain *a, gfn_t g, unsigned int level) REQUIRES(a->p2m_lock);

/* The entry for g at a level, its tables made where they are missing: errors as above. */
static inline int p2m_make_tables(struct arch_domain *a, gfn_t g, unsigned int level, uint64_t **entry)
    REQUIRES(a->p2m_lock)
{
    /* Tables are freed only with a new p2m_generation; one that is retired is not p2m_last's any more. */
    bool known = a->p2m_last.generation == a->p2m_generation && a->p2m_last.level == level &&
                 g.v - a->p2m_last.first < 1UL << LEVEL_ORDER(level + 1);
    int rc = likely(known) ? 0 : p2m_make_way(a, g, level);

    if (rc == 0)
        *entry = &a->p2m_last.table[p2m_index(g, level)];
    return rc;
}

/* The entry for g at a level; larger mappings on the way are split. -ENOENT, or -ENOMEM when the pool is
 * empty. */
int p2m_split_to(struct arch_domain *a, gfn_t g, unsigned int level, uint64_t **entry) REQUIRES(a->p2m_lock);

/* Retire the tables on the way to g that are empty, those below level TOP. */
void p2m_prune(struct arch_domain *a, gfn_t g, unsigned int top) REQUIRES(a->p2m_lock);

/* Retire the table that an entry of this level points to if nothing is in it. */
bool p2m_drop_empty_table(struct arch_domain *a, uint64_t *entry, unsigned int level) REQUIRES(a->p2m_lock);

/* Retire the tables below one, as many as *budget allows; false when some are left. */
bool p2m_free_below(struct arch_domain *a, uint64_t *table, unsigned int level, unsigned int *budget)
    REQUIRES(a->p2m_lock);
