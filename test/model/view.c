/* SPDX-License-Identifier: MIT */
/* The implementation's frames as the model's page list has them: free lists, records, contents. */
#include "view.h"
#include "buddy.h"
#include "domain.h"
#include "log.h"
#include "machine.h"
#include <string.h>

#define MAX_FRAMES (1UL << 20)
#define SECRET     0x5ec2e7UL

/* Of the last refresh: which frames are on a free list, and whether as dirty ones. */
enum { NOT_FREE, FREE_CLEAN, FREE_DIRTY };
static uint8_t free_map[MAX_FRAMES];
static uint64_t first_frame = MAX_FRAMES, end_frame;

static void note_block(const struct page_info *pg)
{
    const uint64_t frame = page_to_mfn(pg).v, size = 1UL << pg->order;
    const uint64_t clean = pg->count_info & PGC_DIRTY ? pg->count_info & PGC_CLEAN_MASK : size;

    BUG_ON(frame + size > MAX_FRAMES);
    memset(&free_map[frame], FREE_CLEAN, clean);
    memset(&free_map[frame + clean], FREE_DIRTY, size - clean);
    if (frame < first_frame)
        first_frame = frame;
    if (frame + size > end_frame)
        end_frame = frame + size;
}

/* Where the owners see their pages. */
static uint64_t gfn_of[MAX_FRAMES];

static void note_mappings(uint32_t domid)
{
    struct domain *d = domain_get((domid_t)domid);
    enum p2m_type type;
    unsigned int order;
    mfn_t m;

    for (gfn_t g = gfn(0); d && p2m_next(&d->arch, &g, &m, &order, &type); g.v += 1UL << order)
        for (uint64_t i = 0; type == P2M_RAM && i < 1UL << order; i++)
            gfn_of[m.v + i] = g.v + i;
    if (d)
        domain_put(d);
}

void view_refresh(const struct model *m)
{
    for (unsigned int i = 0; i < m->nr_pages; i++)
        gfn_of[m->page[i].frame] = ~0UL;
    for (unsigned int i = 0; i < m->nr_domains; i++)
        if (!m->domain[i].gone)
            note_mappings(m->domain[i].domid);
    memset(&free_map[first_frame], NOT_FREE, end_frame > first_frame ? end_frame - first_frame : 0);
    first_frame = MAX_FRAMES;
    end_frame = 0;
    for (unsigned int n = 0; n < MAX_NUMNODES; n++)
        for (unsigned int z = 0; z < NR_ZONES; z++)
            for (unsigned int order = 0; order <= MAX_ORDER; order++) {
                uint32_t frame = node_heap[n].zone[z].free[order].head;

                for (; frame != FRAME_NONE; frame = frame_table[frame].next)
                    note_block(&frame_table[frame]);
            }
}

struct seen_page view_look(uint64_t frame)
{
    const struct page_info *pg = mfn_to_page(mfn(frame));

    if (free_map[frame])
        return (struct seen_page){.use = PAGE_FREE, .dirty = free_map[frame] == FREE_DIRTY};
    if ((pg->count_info & PGC_STATE_MASK) == PGC_STATE_OFFLINED)
        return (struct seen_page){.use = PAGE_OFFLINED};
    return (struct seen_page){
        .use = pg->owner == DOMID_INVALID ? PAGE_HYPERVISOR : PAGE_OWNED,
        .domid = pg->owner,
        .gfn = gfn_of[frame],
        .pending = pg->count_info & PGC_OFFLINING,
    };
}

/* The node of a free frame is that of the block it lies in. */
static unsigned int node_of(uint64_t frame)
{
    for (unsigned int n = 0; n < MAX_NUMNODES; n++) {
        struct mem_range r = machine_node_range((nodeid_t)n);

        if (frame >= r.start.v && frame < r.end.v)
            return n;
    }
    return ANY_NODE;
}

void view_count(uint64_t counts[MAX_NODES])
{
    memset(counts, 0, MAX_NODES * sizeof(counts[0]));
    for (uint64_t frame = first_frame; frame < end_frame; frame++)
        if (free_map[frame])
            counts[node_of(frame)]++;
}

/* ---- What the fixture moved ---- */

static bool counts_equal(const struct model *m, struct text *why)
{
    uint64_t seen[MAX_NODES];

    view_count(seen);
    for (unsigned int n = 0; m->fixed && n < MAX_NODES; n++)
        if (seen[n] != free_on(m, n)) {
            text_add(why, "node %u has %lu free pages, the model %lu", n, seen[n], free_on(m, n));
            return false;
        }
    return true;
}

/* Both lists ascend: merge the pages that are not free with the frames that are. */
static void merge_free(struct model *m)
{
    static struct model_page kept[MODEL_PAGES];
    unsigned int nr = 0, next = 0;

    for (unsigned int i = 0; i < m->nr_pages; i++)
        if (m->page[i].use != PAGE_FREE)
            kept[nr++] = m->page[i];
    m->nr_pages = 0;
    for (uint64_t frame = first_frame; frame < end_frame || next < nr; frame++) {
        while (next < nr && (kept[next].frame <= frame || frame >= end_frame))
            m->page[m->nr_pages++] = kept[next++];
        if (frame < end_frame && free_map[frame])
            m->page[m->nr_pages++] = (struct model_page){.frame = frame,
                                                         .node = node_of(frame),
                                                         .owner = NO_DOMAIN,
                                                         .dirty = free_map[frame] == FREE_DIRTY};
    }
}

bool view_adopt(struct model *m, struct text *why)
{
    if (!counts_equal(m, why))
        return false;
    merge_free(m);
    return true;
}

/* ---- Comparing ---- */

static const char *const use_name[] = {"free", "owned", "the hypervisor's", "offline"};

static bool is_zero(const uint64_t *word)
{
    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*word); i++)
        if (word[i])
            return false;
    return true;
}

static bool page_matches(const struct model *m, const struct model_page *p, struct text *why)
{
    const struct seen_page seen = view_look(p->frame);
    const uint64_t *word = mfn_to_virt(mfn(p->frame));
    bool same = seen.use == p->use && seen.pending == p->pending;

    if (p->use == PAGE_OWNED)
        same &= seen.domid == m->domain[p->owner].domid && seen.gfn == p->gfn;
    if (!same)
        text_add(why, "frame %#lx of node %u is %s%s, in the model %s%s", p->frame, p->node,
                 use_name[seen.use], seen.pending ? " (marked)" : "", use_name[p->use],
                 p->pending ? " (marked)" : "");
    else if (p->use == PAGE_FREE && p->dirty && !seen.dirty)
        text_add(why, "frame %#lx of node %u counts as clean, nobody has scrubbed it", p->frame, p->node);
    else if (p->use == PAGE_FREE && !seen.dirty && (word[7] || word[511]))
        text_add(why, "frame %#lx of node %u counts as clean and is not", p->frame, p->node);
    else if (p->use == PAGE_OWNED && !p->written && !is_zero(word))
        text_add(why, "frame %#lx of node %u came to its owner unscrubbed", p->frame, p->node);
    else
        return true;
    return false;
}

bool view_matches(const struct model *m, struct text *why)
{
    for (unsigned int i = 0; i < m->nr_pages; i++)
        if (!page_matches(m, &m->page[i], why))
            return false;
    return true;
}

void view_soil(struct model *m)
{
    for (unsigned int i = 0; i < m->nr_pages; i++)
        if (m->page[i].use == PAGE_OWNED) {
            uint64_t *word = mfn_to_virt(mfn(m->page[i].frame));

            word[7] = word[511] = SECRET;
            m->page[i].written = true;
        }
}

void view_adopt_clean(struct model *m)
{
    for (unsigned int i = 0; i < m->nr_pages; i++)
        if (m->page[i].use == PAGE_FREE)
            m->page[i].dirty &= view_look(m->page[i].frame).dirty;
}
