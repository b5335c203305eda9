/* SPDX-License-Identifier: MIT */
/* memory_op: exchange pages of a domain for new ones. They come from unclaimed memory, and nothing is
 * redeemed.
 *
 * As in Xen the work is done in chunks: as many extents of either list as make up one extent of the other.
 * A chunk is exchanged as a whole or not at all. */
#include "domheap.h"
#include "memory_op.h"
#include <string.h>

#define MAX_EXCHANGE_ORDER 9U /* a chunk is done in one step */
_Static_assert(1UL << MAX_EXCHANGE_ORDER <= CALL_BUDGET, "a chunk is bounded");
_Static_assert(sizeof(uint64_t) << MAX_EXCHANGE_ORDER <= PAGE_SIZE, "a chunk's list fits a page");

struct chunk {
    struct domain *d;
    unsigned int in_order, out_order;
    unsigned long nr_in, nr_out;   /* extents of a chunk: one of them is 1 */
    unsigned int memflags;         /* MEMF_* */
    uint64_t *in, *out;            /* their guest frames: one is in .one, the others in the last new page, */
    uint64_t one;                  /* which nobody sees before it is cleared */
    struct page_list fresh, taken; /* new blocks, last extent first; the domain's that go */
};

static void *list_page(const struct chunk *x)
{
    return page_to_virt(&frame_table[x->fresh.tail]);
}

static void free_blocks(struct page_list *list)
{
    while (!page_list_empty(list)) {
        struct page_info *pg = page_list_pop(list);

        free_heap_pages(pg, READ_ONCE(pg->order));
    }
}

static int allocate_fresh(struct chunk *x)
{
    page_list_init(&x->fresh);
    page_list_init(&x->taken);
    for (unsigned long i = 0; i < x->nr_out; i++) {
        struct page_info *pg = alloc_domheap_pages(&x->d->mem, x->out_order, x->memflags | MEMF_no_refcount);

        if (!pg)
            return refuse(ENOMEM, "exchange: no unclaimed block of order %u for d%u", x->out_order,
                          x->d->domid);
        page_list_add_tail(&x->fresh, pg);
    }
    x->in = x->nr_out > 1 ? &x->one : list_page(x);
    x->out = x->nr_out > 1 ? list_page(x) : &x->one;
    return 0;
}

static int read_frames(const struct memory_call *c, const struct xen_memory_reservation *r, uint64_t first,
                       unsigned long nr, uint64_t *to)
{
    for (unsigned long i = 0; i < nr; i += GUEST_WORDS_MAX)
        if (guest_words_read(c->compat, to + i, handle_ptr(r->extent_start), first + i,
                             (unsigned int)MIN(nr - i, (unsigned long)GUEST_WORDS_MAX)))
            return refuse(EFAULT, "exchange: extents from %lu on at %p", first,
                          (const void *)r->extent_start.p);
    return 0;
}

/* Take page number PAGE of those that go, and what is mapped together with it. */
static int take_piece(struct chunk *x, unsigned long page, unsigned int *order)
    REQUIRES(x->d->arch.p2m_lock, x->d->mem.page_alloc_lock)
{
    const uint64_t first = x->in[page >> x->in_order], size = 1UL << x->in_order;
    const gfn_t g = gfn(first + (page & (size - 1)));
    mfn_t m;
    int rc = p2m_take_ram(&x->d->arch, g, first & (size - 1) ? 0 : x->in_order, &m, order);

    if (rc)
        return refuse(-rc, "exchange: d%u has no RAM at gfn %#lx, or no page for tables", x->d->domid, g.v);
    if (steal_domain_pages(&x->d->mem, mfn_to_page(m), *order, &x->taken))
        return 0;
    p2m_map_locked(&x->d->arch, g, m, *order, P2M_RAM);
    return refuse(EINVAL, "exchange: d%u gfn %#lx is in use by others", x->d->domid, g.v);
}

static int take_old(struct chunk *x) REQUIRES(x->d->arch.p2m_lock, x->d->mem.page_alloc_lock)
{
    unsigned long page = 0;
    unsigned int order;
    int rc = 0;

    for (; rc == 0 && page < x->nr_in << x->in_order; page += rc ? 0 : 1UL << order)
        rc = take_piece(x, page, &order);
    return rc;
}

/* The tables are still there; a dying domain, which gets no mappings any more, needs none. */
static void put_back(struct chunk *x) REQUIRES(x->d->arch.p2m_lock, x->d->mem.page_alloc_lock)
{
    unsigned long page = 0;

    while (!page_list_empty(&x->taken)) {
        struct page_info *pg = page_list_pop(&x->taken);
        uint64_t g = x->in[page >> x->in_order] + (page & ((1UL << x->in_order) - 1));
        unsigned int order = READ_ONCE(pg->order);

        page += 1UL << order;
        assign_domain_block(&x->d->mem, pg);
        p2m_map_locked(&x->d->arch, gfn(g), page_to_mfn(pg), order, P2M_RAM);
    }
}

/* Unmap the new extents from FIRST on. There are several, so none is larger than 2^8 pages. */
static void hide_fresh(struct chunk *x, unsigned long first) REQUIRES(x->d->arch.p2m_lock)
{
    for (unsigned long page = first << x->out_order; page < x->nr_out << x->out_order; page++) {
        gfn_t g = gfn(x->out[page >> x->out_order] + (page & ((1UL << x->out_order) - 1)));
        unsigned int order;
        mfn_t m;

        p2m_take_ram(&x->d->arch, g, 0, &m, &order);
    }
}

/* Nothing can fail any more: the lists go from the new page into an old one, as soon as no CPU has the old
 * translation. */
static void move_list(struct chunk *x) REQUIRES(x->d->arch.p2m_lock)
{
    uint64_t **list = x->nr_out > 1 ? &x->out : &x->in, *from = *list;

    p2m_flush(&x->d->arch);
    *list = page_to_virt(&frame_table[x->taken.head]);
    memcpy(*list, from, MAX(x->nr_in, x->nr_out) * sizeof(*from));
    memset(from, 0, PAGE_SIZE);
}

/* Map the new blocks, the first extent last. After p2m_prepare nothing refuses: tables change under p2m_lock,
 * and the domain does not begin to die under page_alloc_lock. */
static int show_fresh(struct chunk *x) REQUIRES(x->d->arch.p2m_lock, x->d->mem.page_alloc_lock)
{
    struct page_info *pg = &frame_table[x->fresh.head];

    for (unsigned long i = x->nr_out; i-- > 0; pg = &frame_table[pg->next]) {
        const gfn_t g = gfn(x->out[i]);
        int rc = p2m_prepare(&x->d->arch, g, x->out_order);

        if (rc) {
            hide_fresh(x, i + 1);
            return refuse(-rc, "exchange: d%u gfn %#lx order %u", x->d->domid, g.v, x->out_order);
        }
        if (i == 0)
            move_list(x);
        BUG_ON(p2m_map_locked(&x->d->arch, g, page_to_mfn(pg), x->out_order, P2M_RAM));
        if (i == 0)
            break;
    }
    return 0;
}

/* Not before the old pages are back, whose tables may be empty until then. */
static void tidy_fresh(struct chunk *x) REQUIRES(x->d->arch.p2m_lock)
{
    for (unsigned long i = 0; i < x->nr_out; i++)
        p2m_tidy(&x->d->arch, gfn(x->out[i]));
}

static void tidy_old(struct chunk *x) REQUIRES(x->d->arch.p2m_lock)
{
    for (unsigned long i = 0; i < x->nr_in; i++) {
        const uint64_t first = x->in[i];

        p2m_tidy(&x->d->arch, gfn(first));
        p2m_tidy(&x->d->arch, gfn(first + (1UL << x->in_order) - 1)); /* it need not be aligned */
    }
}

/* Between the locks the domain has its pages twice or not at all, and its counters do not move. */
static int swap(struct chunk *x) REQUIRES(x->d->arch.p2m_lock, x->d->mem.page_alloc_lock)
{
    int rc = take_old(x);

    if (rc == 0)
        rc = show_fresh(x);
    if (rc) {
        put_back(x);
        tidy_fresh(x);
        return rc;
    }
    tidy_old(x);
    while (!page_list_empty(&x->fresh))
        assign_domain_block(&x->d->mem, page_list_pop(&x->fresh));
    return 0;
}

/* Chunk number I. */
static int exchange_chunk(struct memory_call *c, struct chunk *x, uint64_t i)
{
    int rc = allocate_fresh(x);

    if (rc == 0)
        rc = read_frames(c, &c->exchange.in, i * x->nr_in, x->nr_in, x->in);
    if (rc == 0)
        rc = read_frames(c, &c->exchange.out, i * x->nr_out, x->nr_out, x->out);
    if (rc == 0) {
        p2m_lock(&x->d->arch);
        rspin_lock(&x->d->mem.page_alloc_lock);
        rc = swap(x);
        rspin_unlock(&x->d->mem.page_alloc_lock);
        p2m_unlock(&x->d->arch);
    }
    free_blocks(&x->fresh);
    free_blocks(&x->taken);
    return rc;
}

static int64_t exchange_all(struct memory_call *c, struct chunk *x)
{
    struct xen_memory_exchange *e = &c->exchange;
    const uint64_t chunks = e->in.nr_extents / x->nr_in;
    uint64_t i = e->nr_exchanged / x->nr_in;
    int rc = 0;

    while (rc == 0 && i < chunks && !c->restart) {
        rc = exchange_chunk(c, x, i);
        i += rc == 0;
        c->restart = rc == 0 && i < chunks && call_is_long(c->v, x->nr_in << x->in_order);
    }
    e->nr_exchanged = i * x->nr_in;
    return rc;
}

static int check_lists(const struct xen_memory_exchange *e)
{
    const struct xen_memory_reservation *in = &e->in, *out = &e->out;

    if (MAX(in->extent_order, out->extent_order) > MAX_EXCHANGE_ORDER)
        return refuse(EPERM, "exchange: orders %u and %u, at most %u", in->extent_order, out->extent_order,
                      MAX_EXCHANGE_ORDER);
    if (e->nr_exchanged > in->nr_extents || in->domid != out->domid ||
        in->nr_extents > ~0UL >> in->extent_order || out->nr_extents > ~0UL >> out->extent_order ||
        in->nr_extents << in->extent_order != out->nr_extents << out->extent_order)
        return refuse(EINVAL, "exchange: %lu of %lu extents of order %u of d%u for %lu of order %u of d%u",
                      e->nr_exchanged, in->nr_extents, in->extent_order, in->domid, out->nr_extents,
                      out->extent_order, out->domid);
    return 0;
}

static int64_t exchange(struct memory_call *c)
{
    const struct xen_memory_exchange *e = &c->exchange;
    const unsigned int in = e->in.extent_order, out = e->out.extent_order;
    struct chunk x = {.in_order = in, .out_order = out};
    int64_t rc = check_lists(e);

    if (rc)
        return rc;
    x.nr_in = 1UL << (MAX(in, out) - in);
    x.nr_out = 1UL << (MAX(in, out) - out);
    if (!convert_memflags(c->v->domain, e->out.mem_flags, &x.memflags))
        return refuse(EINVAL, "exchange: flags %#x cannot be met", e->out.mem_flags);
    rc = find_target(c->v, e->in.domid, &x.d);
    if (rc)
        return rc;
    rc = exchange_all(c, &x);
    domain_put(x.d);
    return rc;
}

/* As in Xen the caller's structure says how far it has come, also when the call has to be entered again. */
int64_t memory_exchange(struct memory_call *c)
{
    int64_t rc = exchange(c);

    if (guest_field_write(c->compat, &guest_xen_memory_exchange, c->arg,
                          offsetof(struct xen_memory_exchange, nr_exchanged), &c->exchange.nr_exchanged)) {
        c->restart = false;
        return refuse(EFAULT, "exchange: result to %#lx", c->arg.va);
    }
    return rc;
}
