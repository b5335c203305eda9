/* SPDX-License-Identifier: MIT */
/* memory_op: take memory away from a domain. It returns the number of extents done. */
#include "domheap.h"
#include "memory_op.h"

#define LARGE_ORDER 9U /* extents above it are given back in pieces of this order, over several steps */

/* The first guest frame behind the RAM mapping at G; 0 when there is none. */
static uint64_t behind_ram(struct arch_domain *a, uint64_t g)
{
    unsigned int order;

    return p2m_lookup(a, gfn(g), NULL, &order) == P2M_RAM ? (g | ((1UL << order) - 1)) + 1 : 0;
}

/* The largest of a mapping's order and its parts' that the extent holds as a whole at g. */
static unsigned int piece_order(gfn_t g, uint64_t end, unsigned int order)
{
    while (order && ((g.v & ((1UL << order) - 1)) || (1UL << order) > end - g.v))
        order = order > LARGE_ORDER ? LARGE_ORDER : 0;
    return order;
}

/* Unmap the largest piece of RAM at g that one step may handle: *order. A larger mapping for whose split the
 * paging pool has no table goes as a whole, if all of it is given back. */
static int unmap_piece(struct domain *d, gfn_t g, unsigned int *order, mfn_t *m)
{
    enum p2m_type type;
    int rc;

    if (*order > LARGE_ORDER && p2m_unmap_block(&d->arch, g, LARGE_ORDER, m) == 0) {
        *order = LARGE_ORDER;
        return 0;
    }
    if (*order && p2m_unmap_block(&d->arch, g, *order, m) == 0)
        return 0;
    *order = 0;
    rc = p2m_unmap(&d->arch, g, m, &type);
    if (rc == 0 && type == P2M_FOREIGN) { /* replaced at this moment by another vCPU */
        domain_put_foreign_page(*m);
        rc = -EINVAL;
    }
    if (rc == -ENOMEM)
        log_debug("decrease: the paging pool of d%u has no page to split the mapping of gfn %#lx\n", d->domid,
                  g.v);
    return rc;
}

/* Free a piece whose mapping went with a larger one: at most what one step may handle. */
static void free_piece(struct domain *d, struct part_done *part, unsigned int *order)
{
    struct page_info *pg = mfn_to_page(mfn(part->unmapped));

    *order = LARGE_ORDER;
    part->unmapped += 1UL << LARGE_ORDER;
    if (!(part->unmapped & ((1UL << MAX_ORDER) - 1)))
        part->unmapped = 0;
    free_domheap_pages(&d->mem, pg, LARGE_ORDER);
}

/* Unmap and free one piece of RAM; *order says how much it was. */
static int release_piece(struct domain *d, struct part_done *part, uint64_t end, unsigned int *order)
{
    const gfn_t g = gfn(part->done);
    mfn_t m;
    int rc;

    if (!part->unmapped) {
        if (p2m_lookup(&d->arch, g, NULL, order) != P2M_RAM)
            return -EINVAL;
        *order = piece_order(g, end, *order);
        rc = unmap_piece(d, g, order, &m);
        if (rc)
            return rc;
        if (*order <= LARGE_ORDER) {
            free_domheap_pages(&d->mem, mfn_to_page(m), *order);
            return 0;
        }
        part->unmapped = m.v;
    }
    free_piece(d, part, order);
    return 0;
}

/* Is all of the extent the domain's own RAM? -ERESTART: so far. */
static int check_extent(const struct extents *e, struct part_done *part, uint64_t end)
{
    while (part->checked < end) {
        part->checked = behind_ram(&e->d->arch, part->checked);
        if (part->checked == 0) {
            log_debug("decrease: d%u gfn %#lx order %u is not all its RAM\n", e->d->domid, part->first,
                      e->order);
            return -EINVAL;
        }
        if (e->order > LARGE_ORDER && call_is_long(e->c->v, 1))
            return -ERESTART;
    }
    return 0;
}

static int release_checked(const struct extents *e, struct part_done *part, uint64_t end)
{
    unsigned int order;

    while (part->done < end) {
        int rc = release_piece(e->d, part, end, &order);

        if (rc)
            return rc;
        part->done += 1UL << order;
        if (part->done < end && e->order > LARGE_ORDER && call_is_long(e->c->v, 1UL << order))
            return -ERESTART;
    }
    return 0;
}

/* The caller's last memory_op may have begun it. */
static int release_extent(const struct extents *e, const xen_pfn_t *gfns, unsigned int nr UNUSED)
{
    const gfn_t g = gfn(*gfns);
    const uint64_t end = g.v + (1UL << e->order);
    struct part_done *part = &e->c->part;
    int rc;

    if (g.v >= P2M_MAX_GFN)
        return -EINVAL;
    if (part->order <= LARGE_ORDER || part->order != e->order || part->serial != e->d->serial ||
        part->first != g.v)
        *part = (struct part_done){e->d->serial, (uint8_t)e->order, g.v, g.v, g.v, 0};
    rc = check_extent(e, part, end);
    if (rc == 0)
        rc = release_checked(e, part, end);
    if (rc != -ERESTART)
        part->order = 0;
    return rc ? rc : 1;
}

static uint64_t release_all(const struct extents *e)
{
    return for_each_extent(e, release_extent);
}

int64_t memory_decrease_reservation(struct memory_call *c)
{
    return (int64_t)run_extents(c, false, release_all);
}
