/* SPDX-License-Identifier: MIT */
/* Nested page tables: walking, making, splitting and freeing tables. */
#include "p2m_table.h"
#include "domheap.h"
#include "error.h"

static uint64_t *table_of(uint64_t entry)
{
    return mfn_to_virt(p2m_entry_mfn(entry));
}

/* CPUs cache pointers to tables, too, and may be walking this one: p2m_flush frees it. */
static void retire_table(struct arch_domain *a, uint64_t *entry) REQUIRES(a->p2m_lock)
{
    struct page_info *pg = mfn_to_page(p2m_entry_mfn(*entry));

    p2m_clear_entry(a, entry);
    page_list_add_tail(&a->p2m_retired, pg);
    a->p2m_retired_at = a->p2m_generation;
    a->p2m_last.generation = 0;
}

/* A page for a table; when the pool is empty, the retired ones are waited for. */
static struct page_info *table_page(struct arch_domain *a) REQUIRES(a->p2m_lock)
{
    struct page_info *pg = paging_alloc_page(a->mem);

    if (pg || page_list_empty(&a->p2m_retired))
        return pg;
    p2m_flush(a);
    return paging_alloc_page(a->mem);
}

uint64_t p2m_walk(const struct arch_domain *a, gfn_t g, unsigned int *level)
{
    const uint64_t *table = a->p2m;
    uint64_t entry = 0;

    *level = P2M_LEVELS;
    if (!table || g.v >= P2M_MAX_GFN)
        return 0;
    for (;; --*level, table = table_of(entry)) {
        entry = __atomic_load_n(&table[p2m_index(g, *level)], __ATOMIC_ACQUIRE); /* without the lock, too */
        if (!entry || p2m_is_leaf(entry, *level))
            return entry;
    }
}

/* Hang a new table below *entry, NULL when the pool is empty. */
static uint64_t *new_table(struct arch_domain *a, uint64_t *entry) REQUIRES(a->p2m_lock)
{
    struct page_info *pg = table_page(a);

    if (!pg)
        return NULL;
    p2m_set_entry(entry, (page_to_mfn(pg).v << PAGE_SHIFT) | P2M_TABLE);
    return page_to_virt(pg);
}

int p2m_make_way(struct arch_domain *a, gfn_t g, unsigned int level)
{
    unsigned int made = 0; /* the level of the first entry that got a table here */
    uint64_t *table = a->p2m;

    for (unsigned int l = P2M_LEVELS; l > level; l--) {
        uint64_t *e = &table[p2m_index(g, l)];

        if (p2m_is_leaf(*e, l))
            return -EEXIST;
        if (!*e)
            made = MAX(made, l);
        table = *e ? table_of(*e) : new_table(a, e);
        if (!table) {
            p2m_prune(a, g, made);
            return -ENOMEM;
        }
    }
    a->p2m_last.table = table;
    a->p2m_last.first = g.v & ~((1UL << LEVEL_ORDER(level + 1)) - 1);
    a->p2m_last.generation = a->p2m_generation;
    a->p2m_last.level = level;
    return 0;
}

/* Replace a large mapping by a table of 512 mappings of the next size. The guest sees no change, but a CPU
 * that knows the large one does not notice when one of the small ones goes. */
static uint64_t *split(struct arch_domain *a, uint64_t *entry, unsigned int level) REQUIRES(a->p2m_lock)
{
    uint64_t old = *entry;
    struct page_info *pg = table_page(a);
    uint64_t *table;

    if (!pg)
        return NULL;
    table = page_to_virt(pg);
    for (unsigned int i = 0; i < P2M_ENTRIES; i++)
        table[i] = p2m_leaf(mfn(p2m_entry_mfn(old).v + ((uint64_t)i << LEVEL_ORDER(level - 1))), level - 1,
                            p2m_entry_type(old));
    p2m_set_entry(entry, (page_to_mfn(pg).v << PAGE_SHIFT) | P2M_TABLE);
    a->p2m_owes_flush = true;
    return table;
}

int p2m_split_to(struct arch_domain *a, gfn_t g, unsigned int level, uint64_t **entry)
{
    uint64_t *table = a->p2m;

    if (!table || g.v >= P2M_MAX_GFN)
        return -ENOENT;
    for (unsigned int l = P2M_LEVELS;; l--) {
        uint64_t *e = &table[p2m_index(g, l)];

        if (!*e)
            return -ENOENT;
        if (l == level) {
            *entry = e;
            return 0;
        }
        table = p2m_is_leaf(*e, l) ? split(a, e, l) : table_of(*e);
        if (!table)
            return -ENOMEM;
    }
}

/* Most unmappings go through a table in order, so that a neighbour tells at once that it is still in use. */
static bool table_is_empty(const uint64_t *table, unsigned int index)
{
    if (table[(index + 1) % P2M_ENTRIES] || table[(index - 1) % P2M_ENTRIES])
        return false;
    for (unsigned int i = 0; i < P2M_ENTRIES; i++)
        if (table[i])
            return false;
    return true;
}

bool p2m_drop_empty_table(struct arch_domain *a, uint64_t *entry, unsigned int level)
{
    if (p2m_is_leaf(*entry, level) || !table_is_empty(table_of(*entry), 0))
        return false;
    retire_table(a, entry);
    return true;
}

void p2m_prune(struct arch_domain *a, gfn_t g, unsigned int top)
{
    uint64_t *way[P2M_LEVELS + 1];
    uint64_t *table = a->p2m;
    unsigned int level = P2M_LEVELS;

    for (;; table = table_of(*way[level]), level--) {
        way[level] = &table[p2m_index(g, level)];
        if (!*way[level] || p2m_is_leaf(*way[level], level))
            break;
    }
    for (; level < top && table_is_empty(table_of(*way[level + 1]), p2m_index(g, level)); level++)
        retire_table(a, way[level + 1]);
}

bool p2m_free_below(struct arch_domain *a, uint64_t *table, unsigned int level, unsigned int *budget)
{
    for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
        if (!table[i] || p2m_is_leaf(table[i], level))
            continue;
        if (*budget == 0 || !p2m_free_below(a, table_of(table[i]), level - 1, budget))
            return false;
        retire_table(a, &table[i]);
        *budget -= *budget != 0;
    }
    return true;
}
