/* SPDX-License-Identifier: MIT */
/* memory_op: give memory to a domain. It returns the number of extents done. */
#include "domheap.h"
#include "fault.h"
#include "memory_op.h"
#include "vnuma.h"

/* Clean memory. What takes longer to scrub than one step may take comes in several: -ERESTART. */
static int allocate(const struct extents *e, struct page_info **pg)
{
    if (1UL << e->order > CALL_BUDGET)
        return alloc_domheap_step(&e->d->mem, e->order, e->memflags, CALL_BUDGET, pg);
    *pg = alloc_domheap_pages(&e->d->mem, e->order, e->memflags);
    return *pg ? 0 : -ENOMEM;
}

/* Tables first: after the allocation, which redeems claims, nothing may fail but for the begin of its end. */
static int populate_locked(const struct extents *e, struct arch_domain *a, gfn_t g) REQUIRES(a->p2m_lock)
{
    struct page_info *pg;
    int rc = p2m_prepare(a, g, e->order);

    if (rc) {
        log_debug("populate: d%u gfn %#lx order %u: error %d\n", e->d->domid, g.v, e->order, -rc);
        return rc;
    }
    rc = allocate(e, &pg);
    if (rc) {
        p2m_tidy(a, g);
        return rc;
    }
    rc = p2m_map_locked(a, g, page_to_mfn(pg), e->order, P2M_RAM);
    if (rc)
        free_domheap_pages(&e->d->mem, pg, e->order);
    return rc;
}

/* How many of these single pages come one after the other. */
static unsigned int count_run(const struct extents *e, const xen_pfn_t *gfns, unsigned int nr)
{
    const unsigned int most = (unsigned int)MIN(nr, call_share_left(e->c->v));
    unsigned int run = 1;

    while (run < most && gfns[run] == gfns[0] + run)
        run++;
    return run;
}

static int populate_run_locked(const struct extents *e, struct arch_domain *a, gfn_t g, unsigned int nr)
    REQUIRES(a->p2m_lock)
{
    struct page_info *pg;
    unsigned int order;
    int rc;

    nr = p2m_prepare_run(a, g, nr);
    if (!nr)
        return -ENOMEM;
    order = fls64(nr);
    pg = alloc_domheap_run(&e->d->mem, &order, e->memflags);
    if (!pg) {
        p2m_tidy(a, g);
        return -ENOMEM;
    }
    rc = p2m_map_run(a, g, page_to_mfn(pg), 1U << order);
    if (rc)
        free_domheap_pages(&e->d->mem, pg, order);
    return rc ? rc : 1 << order;
}

/* Several single pages at once where that comes to the same: locks are taken and tables walked once for all,
 * so that builders on several CPUs seldom meet. Only on a named node: else each page may come from another.
 */
NOINLINE static int populate_run(const struct extents *e, const xen_pfn_t *gfns, unsigned int nr)
{
    struct arch_domain *a = &e->d->arch;
    int rc;

    nr = count_run(e, gfns, nr);
    if (nr == 1 || fault_is_armed())
        return 0;
    p2m_lock(a);
    rc = populate_run_locked(e, a, gfn(gfns[0]), nr);
    p2m_unlock(a);
    return rc;
}

/* What cannot come in a run is asked for again alone: that finds other nodes, and tells what is wrong. */
static int populate_extents(const struct extents *e, const xen_pfn_t *gfns, unsigned int nr)
{
    struct arch_domain *a = &e->d->arch;
    int rc;

    if (e->order == 0 && MEMF_get_node(e->memflags) != NUMA_NO_NODE) {
        rc = populate_run(e, gfns, nr);
        if (rc > 0)
            return rc;
    }
    p2m_lock(a);
    rc = populate_locked(e, a, gfn(gfns[0]));
    p2m_unlock(a);
    return rc ? rc : 1;
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

uint64_t run_extents(struct memory_call *c, bool allocates, uint64_t (*all)(const struct extents *e))
{
    const struct xen_memory_reservation *r = &c->reservation;
    struct extents e = {.c = c, .order = r->extent_order};
    uint64_t done = c->start;

    if (r->extent_order > max_extent_order(c->v->domain)) {
        log_debug("memory_op: order %u, at most %u\n", r->extent_order, max_extent_order(c->v->domain));
        return c->start;
    }
    if (c->start >= r->nr_extents || find_target(c->v, r->domid, &e.d))
        return c->start;
    if (!allocates || convert_target_flags(c->v->domain, e.d, r->mem_flags, &e.memflags))
        done = all(&e);
    else
        log_debug("memory_op: flags %#x cannot be met\n", r->mem_flags);
    domain_put(e.d);
    return done;
}

/* The list of guest frames stays as it is: translated guests do not learn machine frames. */
static uint64_t populate_all(const struct extents *e)
{
    return for_each_extent(e, populate_extents);
}

int64_t memory_populate_physmap(struct memory_call *c)
{
    return (int64_t)run_extents(c, true, populate_all);
}

/* As in Xen a translated guest gets the pages, but no address for them; the list is not looked at. */
static uint64_t increase_all(const struct extents *e)
{
    struct page_info *pg;
    int rc;

    do
        rc = allocate(e, &pg);
    while (rc == 0 && memory_call_goes_on(e->c, e->c->reservation.nr_extents, 1UL << e->order));
    e->c->restart |= rc == -ERESTART;
    return e->c->start;
}

int64_t memory_increase_reservation(struct memory_call *c)
{
    return (int64_t)run_extents(c, true, increase_all);
}
