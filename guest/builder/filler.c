/* SPDX-License-Identifier: MIT */
/* The filler: a domain that owns what a test shall not see, as a list of aligned blocks. */
#include "filler.h"
#include "builder.h"
#include <errno.h>
#include <string.h>

#define MAX_BLOCKS  16384
#define WORN_BLOCKS 2048 /* from here on a new filler is cheaper than long lists */
#define TOP_ORDER   18U
#define NO_NODE     0xffU

/* A block that is aligned to its size in guest-physical memory and, where the filler owns it, in the machine.
 */
struct block {
    uint64_t gfn;
    uint8_t order, node;
};

/* What it owns, and guest frames between that are free again. */
struct blocks {
    unsigned int nr;
    struct block v[MAX_BLOCKS];
};
static struct blocks owned, holes;

static struct {
    bool exists;
    uint32_t domid;
    uint64_t pool, next_gfn;
} filler;

bool filler_exists(void)
{
    return filler.exists;
}

uint32_t filler_domid(void)
{
    return filler.domid;
}

bool filler_worn(void)
{
    return owned.nr > WORN_BLOCKS || holes.nr > WORN_BLOCKS;
}

int filler_create(uint64_t pool, uint64_t max_pages)
{
    int err = create_bare_domain(&filler.domid, max_pages, pool, 0);

    filler.exists = !err;
    filler.pool = pool;
    filler.next_gfn = owned.nr = holes.nr = 0;
    return err;
}

void filler_destroy(void)
{
    if (filler.exists)
        xc_domain_destroy(xch, filler.domid);
    filler.exists = false;
}

bool filler_grow_pool(uint64_t pages)
{
    if (xc_set_paging_mempool_size(xch, filler.domid, (filler.pool + pages) * PAGE_BYTES))
        return false;
    filler.pool += pages;
    return true;
}

/* ---- Lists of blocks. A full list forgets blocks: the memory stays where it is, unused. ---- */

static void add_block(struct blocks *l, uint64_t gfn, unsigned int order, unsigned int node)
{
    if (l->nr < MAX_BLOCKS)
        l->v[l->nr++] = (struct block){.gfn = gfn, .order = (uint8_t)order, .node = (uint8_t)node};
}

static struct block remove_block(struct blocks *l, unsigned int i)
{
    struct block b = l->v[i];

    l->v[i] = l->v[--l->nr];
    return b;
}

/* The smallest block of at least ORDER; failing that the largest one. MAX_BLOCKS: none at all. */
static unsigned int best_block(const struct blocks *l, unsigned int node, unsigned int order)
{
    unsigned int best = MAX_BLOCKS;

    for (unsigned int i = 0; i < l->nr; i++) {
        if (l->v[i].node != node)
            continue;
        unsigned int o = l->v[i].order, b = best < MAX_BLOCKS ? l->v[best].order : 0;
        bool better = o >= order ? b < order || o < b : b < order && o > b;
        if (best == MAX_BLOCKS || better)
            best = i;
    }
    return best;
}

/* Keep of the block at GFN what lies behind its first PAGES pages, as aligned blocks. */
static void keep_rest(struct blocks *l, const struct block *b, uint64_t pages)
{
    for (uint64_t at = pages, step; at < 1UL << b->order; at += step) {
        unsigned int order = (unsigned int)__builtin_ctzl(at);
        step = 1UL << order;
        add_block(l, b->gfn + at, order, b->node);
    }
}

/* ---- Taking ---- */

static uint64_t frames_for(unsigned int order)
{
    unsigned int i = best_block(&holes, NO_NODE, order);

    if (i < MAX_BLOCKS && holes.v[i].order >= order) {
        struct block b = remove_block(&holes, i);
        keep_rest(&holes, &b, 1UL << order);
        return b.gfn;
    }
    uint64_t gfn = (filler.next_gfn + (1UL << order) - 1) & ~((1UL << order) - 1);
    filler.next_gfn = gfn + (1UL << order);
    return gfn;
}

static bool take_block(unsigned int node, unsigned int order)
{
    xen_pfn_t gfn = frames_for(order);

    if (owned.nr == MAX_BLOCKS ||
        xc_domain_populate_physmap(xch, filler.domid, 1, order, XENMEMF_exact_node(node), &gfn) != 1) {
        add_block(&holes, gfn, order, NO_NODE);
        return false;
    }
    add_block(&owned, gfn, order, node);
    return true;
}

void filler_take_all(const struct counters *now)
{
    uint64_t left[MAX_NODES];

    for (unsigned int node = 0; node < now->nr_nodes; node++)
        left[node] = now->node[node].free - now->node[node].claimed;
    for (unsigned int order = TOP_ORDER + 1; order-- > 0;)
        for (unsigned int node = 0; node < now->nr_nodes; node++)
            while (left[node] >> order && take_block(node, order))
                left[node] -= 1UL << order;
}

uint64_t filler_take(unsigned int node, uint64_t pages)
{
    uint64_t n = 0;

    while (n < pages && take_block(node, 0))
        n++;
    return n;
}

/* ---- Giving ---- */

static unsigned int order_for(uint64_t pages)
{
    unsigned int order = 0;

    while (order < TOP_ORDER && 1UL << order < pages)
        order++;
    return order;
}

/* Give back the first PAGES pages of B, in aligned pieces, the largest first. */
static bool give_pieces(const struct block *b, uint64_t pages)
{
    uint64_t at = 0;

    for (unsigned int order = b->order + 1U; order-- > 0;) {
        if (!(pages & (1UL << order)))
            continue;
        xen_pfn_t gfn = b->gfn + at;
        if (xc_domain_decrease_reservation(xch, filler.domid, 1, order, &gfn) != 1)
            return false;
        add_block(&holes, gfn, order, NO_NODE);
        at += 1UL << order;
    }
    return true;
}

uint64_t filler_give(unsigned int node, uint64_t pages)
{
    uint64_t given_back = 0;

    while (given_back < pages) {
        unsigned int i = best_block(&owned, node, order_for(pages - given_back));
        if (i == MAX_BLOCKS)
            break;
        struct block b = remove_block(&owned, i);
        uint64_t n = 1UL << b.order;
        if (n > pages - given_back)
            n = pages - given_back;
        keep_rest(&owned, &b, n);
        if (!give_pieces(&b, n))
            break;
        given_back += n;
    }
    return given_back;
}

uint64_t filler_owns(unsigned int node)
{
    uint64_t pages = 0;

    for (unsigned int i = 0; i < owned.nr; i++)
        if (owned.v[i].node == node)
            pages += 1UL << owned.v[i].order;
    return pages;
}
