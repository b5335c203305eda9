/* SPDX-License-Identifier: MIT */
/* The guest-physical address space: nested page tables of four levels with 4 KiB, 2 MiB and 1 GiB mappings.
 */
#include "p2m.h"
#include "domheap.h"
#include "error.h"
#include "p2m_table.h"

#define DESTROY_STEP 512 /* tables that one call of arch_domain_destroy frees */

unsigned int p2m_max_order = LEVEL_ORDER(3);

int arch_domain_init(struct arch_domain *a, struct domain_mem *mem)
{
    spin_lock_init(&a->p2m_lock, RANK_P2M, "p2m");
    a->mem = mem;
    a->p2m_last.generation = 0; /* generations count from 1 */
    a->p2m_generation = 1;
    page_list_init(&a->p2m_retired);
    a->p2m_retired_at = 0;
    a->p2m = alloc_xenheap_pages(0, NUMA_NO_NODE);
    return a->p2m ? 0 : -ENOMEM;
}

int arch_domain_destroy(struct arch_domain *a)
{
    unsigned int budget = DESTROY_STEP;
    void *root;
    bool done;

    p2m_lock(a);
    root = a->p2m;
    done = !root || p2m_free_below(a, root, P2M_LEVELS, &budget);
    if (done)
        a->p2m = NULL;
    a->p2m_owes_flush = true;
    p2m_unlock(a);
    if (!done)
        return -ERESTART;
    if (root)
        free_xenheap_pages(root, 0);
    return 0;
}

/* The level whose entries map a block of this order with as few of them as possible. */
static unsigned int level_for(unsigned int order)
{
    if (likely(order < LEVEL_ORDER(2)))
        return 1;
    return order < LEVEL_ORDER(3) || p2m_max_order < LEVEL_ORDER(3) ? 2 : 3;
}

/* Are NR entries empty? Tables without entries, left by p2m_take_ram, give way: a CPU that still knows one
 * would find nothing there. */
static bool run_is_empty(struct arch_domain *a, uint64_t *entry, uint64_t nr, unsigned int level)
    REQUIRES(a->p2m_lock)
{
    for (uint64_t i = 0; i < nr; i++)
        if (entry[i] && !p2m_drop_empty_table(a, &entry[i], level))
            return false;
    return true;
}

/* The entries that will map 2^order pages at g, their tables made; all of them are empty. */
static inline int find_room(struct arch_domain *a, gfn_t g, unsigned int order, uint64_t **entry)
    REQUIRES(a->p2m_lock)
{
    unsigned int level = level_for(order);
    int rc;

    if (!a->p2m || READ_ONCE(a->mem->dying))
        return -ESRCH;
    rc = p2m_make_tables(a, g, level, entry);
    if (rc)
        return rc;
    return run_is_empty(a, *entry, 1UL << (order - LEVEL_ORDER(level)), level) ? 0 : -EEXIST;
}

static bool is_block(gfn_t g, unsigned int order)
{
    return order <= MAX_ORDER && g.v < P2M_MAX_GFN && !(g.v & ((1UL << order) - 1));
}

int p2m_prepare(struct arch_domain *a, gfn_t g, unsigned int order)
{
    uint64_t *entry;

    return is_block(g, order) ? find_room(a, g, order, &entry) : -EINVAL;
}

void p2m_tidy(struct arch_domain *a, gfn_t g)
{
    if (!a->p2m || g.v >= P2M_MAX_GFN)
        return;
    p2m_prune(a, g, P2M_LEVELS);
}

int p2m_map_locked(struct arch_domain *a, gfn_t g, mfn_t m, unsigned int order, enum p2m_type type)
{
    const unsigned int level = level_for(order);
    uint64_t *entry;
    int rc;

    if (!is_block(g, order) || (m.v & ((1UL << order) - 1)))
        return -EINVAL;
    rc = find_room(a, g, order, &entry);
    for (uint64_t i = 0; rc == 0 && i < 1UL << (order - LEVEL_ORDER(level)); i++)
        p2m_set_entry(&entry[i], p2m_leaf(mfn(m.v + (i << LEVEL_ORDER(level))), level, type));
    if (rc == 0)
        WRITE_ONCE(a->max_gfn, MAX(a->max_gfn, g.v + (1UL << order) - 1));
    return rc;
}

unsigned int p2m_prepare_run(struct arch_domain *a, gfn_t g, unsigned int nr)
{
    const unsigned int most = MIN(nr, P2M_ENTRIES - p2m_index(g, 1));
    uint64_t *entry;
    unsigned int run = 1;

    if (g.v >= P2M_MAX_GFN || find_room(a, g, 0, &entry))
        return 0;
    while (run < most && !entry[run])
        run++;
    return run;
}

int p2m_map_run(struct arch_domain *a, gfn_t g, mfn_t m, unsigned int nr)
{
    uint64_t *entry;
    int rc = find_room(a, g, 0, &entry);

    for (unsigned int i = 0; rc == 0 && i < nr; i++)
        p2m_set_entry(&entry[i], p2m_leaf(mfn(m.v + i), 1, P2M_RAM));
    if (rc == 0)
        WRITE_ONCE(a->max_gfn, MAX(a->max_gfn, g.v + nr - 1));
    return rc;
}

int p2m_map(struct arch_domain *a, gfn_t g, mfn_t m, unsigned int order, enum p2m_type type)
{
    int rc;

    p2m_lock(a);
    rc = p2m_map_locked(a, g, m, order, type);
    p2m_unlock(a);
    return rc;
}

int p2m_take_ram(struct arch_domain *a, gfn_t g, unsigned int max_order, mfn_t *m, unsigned int *order)
{
    uint64_t *entry;
    int rc;

    if (p2m_lookup_locked(a, g, m, order) != P2M_RAM)
        return -EINVAL;
    if (*order > max_order || (g.v & ((1UL << *order) - 1)))
        *order = 0;
    rc = p2m_split_to(a, g, level_for(*order), &entry);
    if (rc == 0)
        p2m_clear_entry(a, entry);
    return rc;
}

/* Clear NR entries; the tables that become empty are retired. */
static void clear_run(struct arch_domain *a, gfn_t g, uint64_t *entry, uint64_t nr) REQUIRES(a->p2m_lock)
{
    for (uint64_t i = 0; i < nr; i++)
        p2m_clear_entry(a, &entry[i]);
    p2m_prune(a, g, P2M_LEVELS);
}

static bool is_grant(enum p2m_type type)
{
    return type == P2M_GRANT || type == P2M_GRANT_RO;
}

static int unmap_page(struct arch_domain *a, gfn_t g, bool grant, mfn_t *m, enum p2m_type *type)
{
    uint64_t *entry;
    int rc;

    p2m_lock(a);
    rc = p2m_split_to(a, g, 1, &entry);
    if (rc == 0) {
        *m = p2m_entry_mfn(*entry);
        *type = p2m_entry_type(*entry);
        if (is_grant(*type) == grant)
            clear_run(a, g, entry, 1);
        else
            rc = -EINVAL;
    }
    p2m_unlock(a);
    return rc;
}

int p2m_unmap(struct arch_domain *a, gfn_t g, mfn_t *m, enum p2m_type *type)
{
    return unmap_page(a, g, false, m, type);
}

int p2m_unmap_grant(struct arch_domain *a, gfn_t g, mfn_t *m)
{
    enum p2m_type type;

    return unmap_page(a, g, true, m, &type);
}

/* Are these entries RAM of the level, with contiguous frames that are aligned to the whole block? */
static bool run_is_block(const uint64_t *entry, unsigned int level, unsigned int order)
{
    uint64_t first = p2m_entry_mfn(entry[0]).v;

    if (first & ((1UL << order) - 1))
        return false;
    for (uint64_t i = 0; i < 1UL << (order - LEVEL_ORDER(level)); i++)
        if (!p2m_is_leaf(entry[i], level) || p2m_entry_type(entry[i]) != P2M_RAM ||
            p2m_entry_mfn(entry[i]).v != first + (i << LEVEL_ORDER(level)))
            return false;
    return true;
}

int p2m_unmap_block(struct arch_domain *a, gfn_t g, unsigned int order, mfn_t *m)
{
    unsigned int level;
    uint64_t *entry;
    int rc;

    if (order > MAX_ORDER || g.v >= P2M_MAX_GFN || (g.v & ((1UL << order) - 1)))
        return -EINVAL;
    level = level_for(order);
    p2m_lock(a);
    rc = p2m_split_to(a, g, level, &entry);
    if (rc == 0 && run_is_block(entry, level, order)) {
        *m = p2m_entry_mfn(*entry);
        clear_run(a, g, entry, 1UL << (order - LEVEL_ORDER(level)));
    } else {
        rc = -EINVAL;
    }
    p2m_unlock(a);
    return rc;
}

enum p2m_type p2m_lookup_locked(const struct arch_domain *a, gfn_t g, mfn_t *m, unsigned int *order)
{
    unsigned int level;
    uint64_t entry = p2m_walk(a, g, &level);

    if (!entry)
        return P2M_NONE;
    if (m)
        *m = mfn(p2m_entry_mfn(entry).v + (g.v & ((1UL << LEVEL_ORDER(level)) - 1)));
    if (order)
        *order = LEVEL_ORDER(level);
    return p2m_entry_type(entry);
}

enum p2m_type p2m_lookup(struct arch_domain *a, gfn_t g, mfn_t *m, unsigned int *order)
{
    enum p2m_type type;

    p2m_lock(a);
    type = p2m_lookup_locked(a, g, m, order);
    p2m_unlock(a);
    return type;
}

bool p2m_next(struct arch_domain *a, gfn_t *g, mfn_t *m, unsigned int *order, enum p2m_type *type)
{
    unsigned int level;
    uint64_t entry = 0;

    p2m_lock(a);
    while (g->v < P2M_MAX_GFN && !(entry = p2m_walk(a, *g, &level)))
        g->v = (g->v | ((1UL << LEVEL_ORDER(level)) - 1)) + 1;
    p2m_unlock(a);
    if (!entry)
        return false;
    *m = mfn(p2m_entry_mfn(entry).v + (g->v & ((1UL << LEVEL_ORDER(level)) - 1)));
    *order = LEVEL_ORDER(level);
    *type = p2m_entry_type(entry);
    return true;
}
