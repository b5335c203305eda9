/* SPDX-License-Identifier: MIT */
/* memory_op: give memory to a domain, and take it away. Both return the number of extents done. */
#include "domheap.h"
#include "memory_op.h"
#include "vnuma.h"

static bool is_aligned(gfn_t g, unsigned int order)
{
    return (g.v & ((1UL << order) - 1)) == 0;
}

/* Tables first: after the allocation, which redeems claims, nothing may fail. */
static bool populate_extent(const struct extents *e, gfn_t g)
{
    struct page_info *pg;
    int rc = p2m_prepare(&e->d->arch, g, e->order);

    if (rc) {
        log_debug("populate: d%u gfn %#lx order %u: error %d\n", e->d->domid, g.v, e->order, -rc);
        return false;
    }
    pg = alloc_domheap_pages(&e->d->mem, e->order, e->memflags);
    if (!pg) {
        p2m_cancel(&e->d->arch, g);
        return false;
    }
    rc = p2m_map(&e->d->arch, g, page_to_mfn(pg), e->order, P2M_RAM);
    if (rc) /* only when the domain began to die meanwhile */
        free_domheap_pages(&e->d->mem, pg, e->order);
    return rc == 0;
}

bool convert_memflags(const struct domain *caller, unsigned int flags, unsigned int *memflags)
{
    nodeid_t node = (nodeid_t)XENMEMF_get_node(flags);
    bool exact = flags & XENMEMF_exact_node_request;
    bool named = node != NUMA_NO_NODE;

    if (flags & XENMEMF_populate_on_demand)
        return false;
    if (named && exact && (!caller->privileged || !node_in(node, node_online_map)))
        return false;
    *memflags = exact ? MEMF_exact_node : 0;
    if (named && caller->privileged && node_in(node, node_online_map))
        *memflags |= MEMF_node(node);
    return true;
}

/* On a virtual node, D's builder chose the node, whoever asks. */
static bool convert_target_flags(const struct domain *caller, struct domain *d, unsigned int flags,
                                 unsigned int *memflags)
{
    nodeid_t node;

    if (!(flags & XENMEMF_vnode))
        return convert_memflags(caller, flags, memflags);
    if ((flags & XENMEMF_populate_on_demand) || !vnuma_find_node(d, XENMEMF_get_node(flags), &node))
        return false;
    *memflags = node == NUMA_NO_NODE ? 0 : MEMF_node(node);
    if (node != NUMA_NO_NODE && (flags & XENMEMF_exact_node_request))
        *memflags |= MEMF_exact_node;
    return true;
}

static uint64_t run_extents(struct memory_call *c, bool allocates,
                            uint64_t (*all)(struct memory_call *c, const struct extents *e))
{
    const struct xen_memory_reservation *r = &c->reservation;
    struct extents e = {.order = r->extent_order};
    uint64_t done = c->start;

    if (r->extent_order > max_extent_order(c->v->domain)) {
        log_debug("memory_op: order %u, at most %u\n", r->extent_order, max_extent_order(c->v->domain));
        return c->start;
    }
    if (c->start >= r->nr_extents || find_target(c->v, r->domid, &e.d))
        return c->start;
    if (!allocates || convert_target_flags(c->v->domain, e.d, r->mem_flags, &e.memflags))
        done = all(c, &e);
    else
        log_debug("memory_op: flags %#x cannot be met\n", r->mem_flags);
    domain_put(e.d);
    return done;
}

/* The list of guest frames stays as it is: translated guests do not learn machine frames. */
static uint64_t populate_all(struct memory_call *c, const struct extents *e)
{
    return for_each_extent(c, e, populate_extent);
}

int64_t memory_populate_physmap(struct memory_call *c)
{
    return (int64_t)run_extents(c, true, populate_all);
}

/* As in Xen a translated guest gets the pages, but no address for them; the list is not looked at. */
static uint64_t increase_all(struct memory_call *c, const struct extents *e)
{
    while (alloc_domheap_pages(&e->d->mem, e->order, e->memflags) &&
           memory_call_goes_on(c, c->reservation.nr_extents, 1UL << e->order))
        ;
    return c->start;
}

int64_t memory_increase_reservation(struct memory_call *c)
{
    return (int64_t)run_extents(c, true, increase_all);
}

/* Is all of it the domain's own RAM? */
static bool is_all_ram(struct arch_domain *a, uint64_t g, uint64_t end)
{
    unsigned int order;

    for (; g < end; g = (g | ((1UL << order) - 1)) + 1)
        if (p2m_lookup(a, gfn(g), NULL, &order) != P2M_RAM)
            return false;
    return true;
}

/* The largest of a mapping's order and its parts' that the extent holds as a whole at g. */
static unsigned int piece_order(gfn_t g, uint64_t end, unsigned int order)
{
    while (order && (!is_aligned(g, order) || (1UL << order) > end - g.v))
        order = order > 9 ? 9 : 0;
    return order;
}

/* Unmap and free one piece of RAM from g on; *order says how much it was. */
static bool release_piece(struct domain *d, gfn_t g, uint64_t end, unsigned int *order)
{
    enum p2m_type type;
    mfn_t m;

    if (p2m_lookup(&d->arch, g, NULL, order) != P2M_RAM)
        return false;
    *order = piece_order(g, end, *order);
    if (*order == 0 || p2m_unmap_block(&d->arch, g, *order, &m)) {
        *order = 0;
        if (p2m_unmap(&d->arch, g, &m, &type))
            return false;
        if (type == P2M_FOREIGN) { /* replaced at this moment by another vCPU */
            domain_put_foreign_page(m);
            return false;
        }
    }
    free_domheap_pages(&d->mem, mfn_to_page(m), *order);
    return true;
}

static bool release_extent(const struct extents *e, gfn_t g)
{
    uint64_t end = g.v + (1UL << e->order);
    unsigned int order;

    if (g.v >= P2M_MAX_GFN || !is_all_ram(&e->d->arch, g.v, end)) {
        log_debug("decrease: d%u gfn %#lx order %u is not all its RAM\n", e->d->domid, g.v, e->order);
        return false;
    }
    for (; g.v < end; g.v += 1UL << order)
        if (!release_piece(e->d, g, end, &order))
            return false;
    return true;
}

static uint64_t release_all(struct memory_call *c, const struct extents *e)
{
    return for_each_extent(c, e, release_extent);
}

int64_t memory_decrease_reservation(struct memory_call *c)
{
    return (int64_t)run_extents(c, false, release_all);
}
