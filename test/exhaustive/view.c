/* SPDX-License-Identifier: MIT */
/* What can be seen of a state: each frame found on exactly one list, and the fingerprint of all that. */
#include "buddy.h"
#include "report.h"
#include "world.h"

#include "offline.h"
#include <string.h>

static unsigned int index_in_ram(uint32_t frame)
{
    uint64_t i = frame - frame_mfn(0).v;

    if (i >= FRAMES)
        broken("lists: page %#x on a list is not RAM", frame);
    return (unsigned int)i;
}

static struct frame *claim_frame(struct view *v, unsigned int i, enum frame_state state, unsigned int order)
{
    struct frame *f = &v->frame[i];

    if (f->state != FRAME_LOST)
        broken("lists: page %u of node %u is in two places", i % NODE_PAGES, frame_node(i));
    f->state = (uint8_t)state;
    f->order = (uint8_t)order;
    return f;
}

/* ---- Free lists ---- */

static void see_free_block(struct view *v, unsigned int node, uint32_t frame, unsigned int order,
                           unsigned int rank)
{
    const uint32_t dirt = frame_table[frame].count_info & PGC_DIRT_MASK;
    const unsigned int first = index_in_ram(frame),
                       clean = (1U << order) - (unsigned int)dirty_in(dirt, order);

    if (first % (1U << order) || frame_node(first) != node)
        broken("lists: page %u of node %u begins no block of order %u", first, node, order);
    for (unsigned int i = 0; i < 1U << order; i++) {
        struct frame *f = claim_frame(v, first + i, FRAME_FREE, order);

        f->rank = (uint8_t)rank;
        f->dirty = i >= clean;
        v->dirty += f->dirty;
    }
    v->free[node] += 1UL << order;
}

static void see_free_lists(struct view *v)
{
    for (unsigned int node = 0; node < NODES; node++)
        for (unsigned int order = 0; order < ORDERS; order++) {
            uint32_t frame = node_heap[node].zone[ZONE_LOW].free[order].head;

            for (unsigned int rank = 0; frame != FRAME_NONE; frame = frame_table[frame].next)
                see_free_block(v, node, frame, order, rank++);
        }
}

/* ---- Domains ---- */

static void see_pages(struct view *v, unsigned int dom)
{
    for (uint32_t frame = world.dom[dom].pages.head; frame != FRAME_NONE; frame = frame_table[frame].next) {
        const unsigned int first = index_in_ram(frame), order = frame_table[frame].order;

        for (unsigned int i = 0; i < 1U << order; i++)
            claim_frame(v, index_in_ram(frame + i), FRAME_OWNED, order)->owner = (uint8_t)dom;
        v->dom[dom].tot += 1UL << order;
        if (first % (1U << order))
            broken("lists: d%u has a block of order %u at page %u", dom + 1, order, first);
    }
}

/* Scrubbed step by step, in order, and seen by nobody before it is clean. */
static void see_unfinished(struct view *v, const struct page_info *pg)
{
    const unsigned int first = frame_index(pg), nr = 1U << pg->order;
    const unsigned int clean = !page_needs_scrub(pg) ? nr : nr > 1 ? pg[1].next : 0;

    for (unsigned int i = 0; i < nr; i++) {
        v->frame[first + i].unfinished = true;
        v->frame[first + i].dirty = i >= clean;
    }
}

static void see_pool(struct view *v, unsigned int dom)
{
    for (uint32_t frame = world.dom[dom].paging_free.head; frame != FRAME_NONE;
         frame = frame_table[frame].next) {
        claim_frame(v, index_in_ram(frame), FRAME_POOL, 0)->owner = (uint8_t)dom;
        v->dom[dom].pool++;
    }
}

static void see_domain(struct view *v, unsigned int dom)
{
    const struct domain_mem *d = &world.dom[dom];
    struct domain_view *out = &v->dom[dom];

    see_pages(v, dom);
    see_pool(v, dom);
    for (unsigned int i = 0; i < MAX_UNFINISHED; i++)
        if (d->unfinished[i].block)
            see_unfinished(v, d->unfinished[i].block);
    for (unsigned int n = 0; n < NODES; n++)
        out->claims[n] = d->claims[n];
    out->host = d->outstanding_pages - d->node_claims;
    out->max = d->max_pages;
    out->dying = d->dying;
    out->over_quota = d->over_quota;
    out->affinity = (uint8_t)d->node_affinity;
    out->last = d->last_alloc_node;
}

/* A page that is on no list: somebody outside holds it, or it is out of use, or it is lost. */
static void see_other_frame(struct view *v, unsigned int i)
{
    const uint32_t flags = frame_table[frame_mfn(i).v].count_info;

    if (world.noref[i]) {
        claim_frame(v, i, FRAME_NOREF, frame_table[frame_mfn(i).v].order);
    } else if (world.refs[i]) {
        claim_frame(v, i, FRAME_GIVEN_UP, 0)->owner = world.owner[i];
        v->dom[world.owner[i]].tot++;
    } else if ((flags & PGC_STATE_MASK) == PGC_STATE_OFFLINED) {
        claim_frame(v, i, FRAME_OFFLINE, 0);
        v->offline[frame_node(i)]++;
    } else {
        broken("lists: page %u of node %u is neither free nor anybody's", i % NODE_PAGES, frame_node(i));
    }
}

/* The record counts one reference for the owner and one for each that others hold. */
static void check_record(const struct frame *f, unsigned int i, uint32_t flags)
{
    const uint32_t owned = f->state == FRAME_OWNED ? PGC_ALLOCATED | 1 : 0;
    const domid_t owner = frame_table[frame_mfn(i).v].owner;

    if ((flags & (PGC_STATE_MASK | PGC_ALLOCATED | PGC_COUNT_MASK)) != owned + f->refs)
        broken("references: page %u of node %u has %u of others, its record says %#x", i % NODE_PAGES,
               frame_node(i), f->refs, flags);
    if (owner != (domid_t)(f->state == FRAME_OWNED || f->refs ? f->owner + 1U : DOMID_INVALID))
        broken("pages: page %u of node %u is d%u's, its record says d%u", i % NODE_PAGES, frame_node(i),
               f->owner + 1, owner);
}

static void see_marks(struct view *v, unsigned int i)
{
    const uint32_t flags = frame_table[frame_mfn(i).v].count_info;
    struct frame *f = &v->frame[i];

    f->refs = world.refs[i];
    if (f->state == FRAME_FREE)
        return;
    f->marked = f->state != FRAME_OFFLINE && (flags & PGC_OFFLINING);
    v->marked += f->marked;
    if (f->state != FRAME_OFFLINE)
        check_record(f, i, flags);
}

void view_take(struct view *v)
{
    memset(v, 0, sizeof(*v));
    see_free_lists(v);
    for (unsigned int i = 0; i < DOMAINS; i++)
        see_domain(v, i);
    for (unsigned int i = 0; i < FRAMES; i++) {
        if (v->frame[i].state == FRAME_LOST)
            see_other_frame(v, i);
        see_marks(v, i);
    }
}

/* ---- Fingerprint ---- */

static fingerprint mix(fingerprint h, uint64_t value)
{
    h ^= value;
    h *= ((fingerprint)0x9e3779b97f4a7c15ULL << 64) | 0xf39cc0605cedc835ULL;
    return h ^ h >> 61;
}

static uint64_t frame_code(const struct frame *f)
{
    uint64_t code;

    _Static_assert(sizeof(*f) == sizeof(code), "a frame is one number");
    memcpy(&code, f, sizeof(code));
    return code;
}

static void swap_words(uint64_t *a, uint64_t *b, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        uint64_t t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

/* The halves of a node, and the pages of each half, can change places: sorted, they are the same. But a clean
 * page of a partly scrubbed block cannot move, nor need it: such blocks are clean from their begin on. */
static fingerprint mix_node(fingerprint h, const struct frame *f)
{
    uint64_t page[NODE_PAGES];

    for (unsigned int i = 0; i < NODE_PAGES; i++)
        page[i] = frame_code(&f[i]);
    for (unsigned int half = 0; half < 2; half++)
        if (page[2 * half] > page[2 * half + 1])
            swap_words(&page[2 * half], &page[2 * half + 1], 1);
    if (page[0] > page[2] || (page[0] == page[2] && page[1] > page[3]))
        swap_words(&page[0], &page[2], 2);
    for (unsigned int i = 0; i < NODE_PAGES; i++)
        h = mix(h, page[i]);
    return h;
}

fingerprint view_fingerprint(const struct view *v)
{
    fingerprint h = 1;

    for (unsigned int n = 0; n < NODES; n++)
        h = mix_node(h, &v->frame[n * NODE_PAGES]);
    for (unsigned int i = 0; i < DOMAINS; i++) {
        const struct domain_view *d = &v->dom[i];

        for (unsigned int n = 0; n < NODES; n++)
            h = mix(h, d->claims[n]);
        h = mix(mix(h, d->host), d->max);
        h = mix(h, (uint64_t)d->dying << 24 | d->over_quota << 16 | d->affinity << 8 | d->last);
    }
    return h;
}
