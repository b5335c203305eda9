/* SPDX-License-Identifier: MIT */
/* memory_op: the table of operations on domains' memory, and what they share. */
#include "memory_op.h"
#include "claims.h"

#define CMD_BITS 6 /* above them: the extents that are done */
#define CHUNK    GUEST_WORDS_MAX

/* From calls.h, by operation number. */
static const struct memory_desc {
    const struct guest_struct *arg; /* copied in */
    uint8_t who;                    /* enum hc_privilege */
    bool counts;                    /* returns the number of extents done, never an error */
    const char *name;
    int64_t (*handler)(struct memory_call *c);
} operations[1U << CMD_BITS] = {
#define MEMORY_OP(name, structure, who, counts, errors)                                                      \
    [XENMEM_##name] = {GUEST_STRUCT(structure), who, counts, #name, memory_##name},
#include "calls.h"
};

/* (command, argument) */
int64_t do_memory_op(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0] & ((1U << CMD_BITS) - 1);
    struct memory_call c = {.v = v,
                            .compat = call->compat,
                            .start = call->arg[0] >> CMD_BITS,
                            .arg = guest_ptr(call->arg[1]),
                            .part = v->part};
    const struct memory_desc *desc = &operations[cmd];
    int64_t result;

    v->call_op = cmd;
    v->part.order = 0;
    if (!desc->handler)
        return refuse(ENOSYS, "memory_op: operation %u", cmd);
    if (desc->who == HC_PRIVILEGED && !v->domain->privileged)
        return refuse(EPERM, "%s: d%u is not privileged", desc->name, v->domain->domid);
    if (guest_struct_read(c.compat, desc->arg, &c.reservation, c.arg)) {
        log_debug("%s: argument at %#lx\n", desc->name, c.arg.va);
        return desc->counts ? (int64_t)c.start : -EFAULT;
    }
    if (desc->counts && c.reservation.nr_extents > (c.compat ? UINT32_MAX : UINT64_MAX) >> CMD_BITS)
        return (int64_t)c.start; /* more than a command can say to be done */
    if (!desc->counts && c.start && cmd != XENMEM_add_to_physmap_batch)
        return refuse(EINVAL, "%s: start %lu", desc->name, c.start);
    result = desc->handler(&c);
    if (!c.restart)
        return result;
    v->part = c.part;
    call->arg[0] = cmd | c.start << CMD_BITS;
    return -ERESTART;
}

bool memory_call_goes_on(struct memory_call *c, uint64_t total, unsigned long pages)
{
    c->start++;
    c->restart = call_is_long(c->v, pages) && c->start < total;
    return !c->restart && c->start < total;
}

/* How many entries of the list to copy at once: none of them may lie on the page after the first one's, so
 * that what cannot be read stops the work exactly there. */
static unsigned int chunk_at(const struct memory_call *c, uint64_t done)
{
    uint64_t word = guest_word_size(c->compat), left = c->reservation.nr_extents - done;
    guest_ptr_t at = guest_ptr_add(handle_ptr(c->reservation.extent_start), done * word);
    uint64_t on_page = (PAGE_SIZE - (at.va & ~PAGE_MASK)) / word;

    return (unsigned int)MIN(MIN(left, (uint64_t)CHUNK), MAX(on_page, 1UL));
}

/* How many were done; 0: the first of them was the last one for now. */
static unsigned int work_on(const struct extents *e, const xen_pfn_t *gfns, unsigned int nr, extent_work work)
{
    struct memory_call *c = e->c;
    int done = work(e, gfns, nr);

    c->restart = done == -ERESTART;
    if (done < 0)
        return 0;
    c->start += (unsigned int)done - 1;
    return memory_call_goes_on(c, c->reservation.nr_extents, (unsigned long)done << e->order)
               ? (unsigned int)done
               : 0;
}

uint64_t for_each_extent(const struct extents *e, extent_work work)
{
    struct memory_call *c = e->c;
    const struct xen_memory_reservation *r = &c->reservation;
    xen_pfn_t gfns[CHUNK];

    while (c->start < r->nr_extents) {
        unsigned int nr = chunk_at(c, c->start), done;

        if (guest_words_read(c->compat, gfns, handle_ptr(r->extent_start), c->start, nr)) {
            log_debug("memory_op: extent %lu of d%u at %p cannot be read\n", c->start, e->d->domid,
                      (const void *)r->extent_start.p);
            break;
        }
        for (unsigned int i = 0; i < nr; i += done) {
            done = work_on(e, &gfns[i], nr - i, work);
            if (!done)
                return c->start;
        }
    }
    return c->start;
}

/* Spec section 6. */
int64_t memory_claim_pages(struct memory_call *c)
{
    const struct xen_memory_reservation *r = &c->reservation;
    struct domain *d;
    int rc;

    if (!handle_is_null(r->extent_start) || r->extent_order || r->mem_flags)
        return refuse(EINVAL, "claim_pages: list %p, order %u, flags %#x must be 0",
                      (const void *)r->extent_start.p, r->extent_order, r->mem_flags);
    d = domain_get(r->domid); /* DOMID_SELF is nobody's */
    if (!d)
        return refuse(EINVAL, "claim_pages: no domain %u", r->domid);
    rc = domain_set_legacy_claim(&d->mem, r->nr_extents);
    domain_put(d);
    return rc;
}
