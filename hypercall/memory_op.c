/* SPDX-License-Identifier: MIT */
/* memory_op: the table of operations on domains' memory, and what they share. */
#include "memory_op.h"
#include "claims.h"

#define CMD_BITS 6 /* above them: the extents that are done */
#define CHUNK    64

_Static_assert(sizeof(struct xen_memory_reservation) == 32, "memory.h: struct xen_memory_reservation");
_Static_assert(sizeof(struct xen_add_to_physmap_batch) == 32, "memory.h: struct xen_add_to_physmap_batch");
_Static_assert(sizeof(struct xen_remove_from_physmap) == 16, "memory.h: struct xen_remove_from_physmap");

#define OP(name, structure, privilege, counts)                                                               \
    {                                                                                                        \
        XENMEM_##name, sizeof(structure), privilege, counts, #name, memory_##name                            \
    }

static const struct memory_desc operations[] = {
    OP(populate_physmap, struct xen_memory_reservation, HC_ANY, true),
    OP(decrease_reservation, struct xen_memory_reservation, HC_ANY, true),
    OP(claim_pages, struct xen_memory_reservation, HC_PRIVILEGED, false),
    OP(add_to_physmap_batch, struct xen_add_to_physmap_batch, HC_ANY, false),
    OP(remove_from_physmap, struct xen_remove_from_physmap, HC_ANY, false),
};

static const struct memory_desc *find_operation(uint32_t cmd)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
        if (operations[i].cmd == cmd)
            return &operations[i];
    return NULL;
}

/* (command, argument) */
int64_t do_memory_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0] & ((1U << CMD_BITS) - 1);
    struct memory_call c = {.v = v, .start = call->arg[0] >> CMD_BITS};
    const struct memory_desc *desc = find_operation(cmd);

    if (!desc)
        return refuse(ENOSYS, "memory_op: operation %u", cmd);
    if (arch_copy_from_guest(&c.reservation, guest_ptr(call->arg[1]), desc->size)) {
        log_debug("%s: argument at %#lx\n", desc->name, call->arg[1]);
        return desc->counts ? (int64_t)c.start : -EFAULT;
    }
    if (desc->privilege == HC_PRIVILEGED && !v->domain->privileged)
        return refuse(EPERM, "%s: d%u is not privileged", desc->name, v->domain->domid);
    return desc->handler(&c);
}

/* How many array entries at AT to copy at once: none of them may lie on the page after the first one's, so
 * that what cannot be read stops the work exactly there. */
static unsigned int chunk_at(guest_ptr_t at, uint64_t left)
{
    uint64_t on_page = (PAGE_SIZE - (at.va & ~PAGE_MASK)) / sizeof(xen_pfn_t);

    return (unsigned int)MIN(MIN(left, (uint64_t)CHUNK), MAX(on_page, 1UL));
}

uint64_t for_each_extent(const struct memory_call *c, const struct extents *e,
                         bool (*work)(const struct extents *e, gfn_t g))
{
    const struct xen_memory_reservation *r = &c->reservation;
    xen_pfn_t gfns[CHUNK];
    uint64_t done = c->start;

    while (done < r->nr_extents) {
        guest_ptr_t at = guest_ptr_add(handle_ptr(r->extent_start), done * sizeof(gfns[0]));
        unsigned int nr = chunk_at(at, r->nr_extents - done);

        if (arch_copy_from_guest(gfns, at, nr * sizeof(gfns[0]))) {
            log_debug("memory_op: extent %lu of d%u at %#lx cannot be read\n", done, e->d->domid, at.va);
            return done;
        }
        for (unsigned int i = 0; i < nr; i++, done++)
            if (!work(e, gfn(gfns[i])))
                return done;
    }
    return done;
}

/* Spec section 6. */
int64_t memory_claim_pages(struct memory_call *c)
{
    const struct xen_memory_reservation *r = &c->reservation;
    struct domain *d;
    int rc;

    if (c->start || !handle_is_null(r->extent_start) || r->extent_order || r->mem_flags)
        return refuse(EINVAL, "claim_pages: start %lu, list %p, order %u, flags %#x must be 0", c->start,
                      (const void *)r->extent_start.p, r->extent_order, r->mem_flags);
    d = domain_get(r->domid); /* DOMID_SELF is nobody's */
    if (!d)
        return refuse(EINVAL, "claim_pages: no domain %u", r->domid);
    rc = domain_set_legacy_claim(&d->mem, r->nr_extents);
    domain_put(d);
    return rc;
}
