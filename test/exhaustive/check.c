/* SPDX-License-Identifier: MIT */
/* The invariants by counting, and what follows from them: claimed memory can be had, and everything comes
 * back. */
#include "op.h"

#include "buddy.h"
#include "error.h"
#include "offline.h"
#include "report.h"
#include <string.h>

/* ---- At any moment when nobody holds heap_lock ---- */

static unsigned long count_free(unsigned int node)
{
    unsigned long sum = 0;

    for (unsigned int order = 0; order < ORDERS; order++) {
        uint32_t frame = node_heap[node].zone[ZONE_LOW].free[order].head;

        for (unsigned int i = 0; frame != FRAME_NONE && i <= FRAMES; i++, frame = frame_table[frame].next)
            sum += 1UL << order;
    }
    return sum;
}

static unsigned long check_node(unsigned int n, const char *when)
{
    const unsigned long sum = count_free(n);
    unsigned long claims = 0;

    for (unsigned int i = 0; i < DOMAINS; i++)
        claims += world.dom[i].claims[n];
    if (sum != node_avail_pages[n])
        broken("I5: node %u has %lu free, its lists %lu, %s", n, node_avail_pages[n], sum, when);
    if (claims != node_outstanding_claims[n])
        broken("I2: %lu claimed on node %u, the domains' sum is %lu, %s", node_outstanding_claims[n], n,
               claims, when);
    if (claims > sum)
        broken("I2: %lu claimed of %lu free on node %u, %s", claims, sum, n, when);
    return sum;
}

static unsigned long check_domain(unsigned int i, const char *when)
{
    const struct domain_mem *d = &world.dom[i];

    if (d->node_claims != d->claims[0] + d->claims[1])
        broken("I3: d%u claims %lu on nodes, their sum is %lu, %s", i + 1, d->node_claims,
               d->claims[0] + d->claims[1], when);
    if (d->node_claims > d->outstanding_pages)
        broken("I3: d%u claims %lu on nodes of %lu, %s", i + 1, d->node_claims, d->outstanding_pages, when);
    if (d->dying && d->outstanding_pages)
        broken("dying: d%u claims %lu, %s", i + 1, d->outstanding_pages, when);
    return d->outstanding_pages;
}

void check_counters(const char *when)
{
    unsigned long sum = 0, claimed = 0;

    for (unsigned int n = 0; n < NODES; n++)
        sum += check_node(n, when);
    for (unsigned int i = 0; i < DOMAINS; i++)
        claimed += check_domain(i, when);
    if (sum != total_avail_pages)
        broken("I5: %lu free, the nodes' sum is %lu, %s", total_avail_pages, sum, when);
    if (claimed != outstanding_claims)
        broken("I1: %lu claimed, the domains' sum is %lu, %s", outstanding_claims, claimed, when);
    if (claimed > sum)
        broken("I1: %lu claimed of %lu free, %s", claimed, sum, when);
}

/* ---- Between operations ---- */

static void check_pages_of(const struct view *v, unsigned int i)
{
    const struct domain_mem *d = &world.dom[i];

    if (d->tot_pages != v->dom[i].tot)
        broken("pages: d%u has %lu, its count says %lu", i + 1, v->dom[i].tot, d->tot_pages);
    if (d->outstanding_pages && !d->over_quota && d->outstanding_pages + d->tot_pages > d->max_pages)
        broken("I4: d%u claims %lu, has %lu of %lu", i + 1, d->outstanding_pages, d->tot_pages, d->max_pages);
    if (d->paging_total != v->dom[i].pool || d->paging_free_count != v->dom[i].pool)
        broken("pages: d%u's pool has %lu, its count says %lu", i + 1, v->dom[i].pool, d->paging_total);
}

void check_view(const struct view *v)
{
    check_counters("between operations");
    for (unsigned int i = 0; i < DOMAINS; i++)
        check_pages_of(v, i);
    for (unsigned int n = 0; n < NODES; n++)
        if (node_offlined_pages[n] != v->offline[n])
            broken("offline: %lu pages of node %u, its count says %u", v->offline[n], n,
                   node_offlined_pages[n]);
    if (pending_pages != v->marked)
        broken("offline: %lu used pages are marked, the count says %lu", v->marked, pending_pages);
    if (dirty_pages != v->dirty)
        broken("scrub: %lu dirty, blocks say %lu", dirty_pages, v->dirty);
    for (unsigned int i = 0; i < FRAMES; i++)
        if (v->frame[i].state == FRAME_FREE && !v->frame[i].dirty && !frame_is_zero(i))
            broken("scrub: page %u of node %u counts as clean and is not", i % NODE_PAGES, frame_node(i));
}

/* With something claimed and the quota not lowered, one page can be had; with a claim on a node, there. */
static void check_promises(const struct view *v, const struct image *image)
{
    for (unsigned int i = 0; i < DOMAINS; i++) {
        const struct domain_view *d = &v->dom[i];

        if (d->over_quota || d->claims[0] + d->claims[1] + d->host == 0)
            continue;
        if (!alloc_domheap_pages(&world.dom[i], 0, 0))
            broken("protection: d%u has a claim and gets no page", i + 1);
        image_restore(image);
        for (unsigned int n = 0; n < NODES; n++) {
            if (!d->claims[n])
                continue;
            if (!alloc_domheap_pages(&world.dom[i], 0, MEMF_node(n) | MEMF_exact_node))
                broken("protection: d%u has a claim on node %u and gets no page there", i + 1, n);
            image_restore(image);
        }
    }
}

/* Section 7: reading back, and that what comes can be installed again and changes nothing. */
static void check_read_back(const struct view *v)
{
    for (unsigned int i = 0; i < DOMAINS; i++) {
        const struct domain_view *d = &v->dom[i];
        const unsigned long pages[] = {d->host, d->claims[0], d->claims[1]};
        memory_claim_t set[NODES + 1];
        unsigned int nr = ARRAY_SIZE(set), at = 0;
        struct view after;

        memset(set, 0xa5, sizeof(set));
        if (domain_get_claim_entries(&world.dom[i], &nr, set)) {
            if (!d->dying)
                broken("get: d%u's claims cannot be read", i + 1);
            continue;
        }
        for (unsigned int k = 0; k <= NODES; k++) {
            if (k && !pages[k])
                continue;
            if (set[at].pages != pages[k] || set[at].target != (k ? k - 1 : XEN_DOMCTL_CLAIM_MEMORY_HOST) ||
                set[at].cmd)
                broken("get: entry %u of d%u is %#lx for %#x, its reserved field %#x", at, i + 1,
                       set[at].pages, set[at].target, set[at].cmd);
            at++;
        }
        if (at != nr)
            broken("get: expected %u entries of d%u, seen %u", at, i + 1, nr);
        if (!d->over_quota && domain_set_claim_entries(&world.dom[i], nr, set))
            broken("get: what was read of d%u is refused", i + 1);
        view_take(&after);
        if (memcmp(v, &after, sizeof(after)))
            broken("get: what was read of d%u changes something when it is installed", i + 1);
    }
}

static void drop_what_outsiders_hold(void)
{
    for (unsigned int i = 0; i < FRAMES; i++) {
        struct page_info *pg = &frame_table[frame_mfn(i).v];

        while (world.refs[i]) {
            world.refs[i]--;
            put_page(&world.dom[world.owner[i]], pg);
        }
        if (world.noref[i]) {
            unsigned int nr = 1U << pg->order;

            memset(&world.noref[i], 0, nr * sizeof(world.noref[0]));
            free_heap_pages(pg, pg->order);
        }
    }
}

/* Both domains end: all memory is free but for what is offline, and no claim is left. */
static void check_end(void)
{
    struct view v;

    for (unsigned int i = 0; i < DOMAINS; i++) {
        domain_mem_kill(&world.dom[i]);
        while (domain_relinquish_pages(&world.dom[i], 1))
            ;
        if (paging_set_allocation(&world.dom[i], 0))
            broken("end: d%u's pool cannot be emptied", i + 1);
    }
    drop_what_outsiders_hold();
    view_take(&v);
    check_view(&v);
    for (unsigned int n = 0; n < NODES; n++)
        if (v.free[n] + v.offline[n] != NODE_PAGES)
            broken("end: node %u has %lu free and %lu offline of %u", n, v.free[n], v.offline[n], NODE_PAGES);
    if (outstanding_claims || v.dom[0].tot || v.dom[1].tot)
        broken("end: %lu claimed, d1 has %lu, d2 has %lu", outstanding_claims, v.dom[0].tot, v.dom[1].tot);
}

void check_futures(const struct view *v, const struct image *image)
{
    if (!heap_check())
        broken("heap_check: it says that an invariant is broken");
    check_read_back(v);
    check_promises(v, image);
    check_end();
}
