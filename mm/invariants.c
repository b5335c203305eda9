/* SPDX-License-Identifier: MIT */
/* The invariants of spec section 2, checked by counting everything again. */
#include "buddy.h"
#include "log.h"
#include "offline.h"

/* Every line of a check goes through here: say what is wrong, but only if it is. */
#define expect(cond, ...) ((cond) || (log_err("invariant broken: " __VA_ARGS__), false))

struct node_sum {
    unsigned long free, dirty;
    unsigned long used; /* neither free nor offlined */
};

static bool is_free_block(uint64_t frame, nodeid_t node, unsigned int order)
{
    uint64_t state = READ_ONCE(frame_table[frame].state);

    return state == free_block_state(node, order, (uint32_t)state & PGC_DIRT_MASK);
}

/* One block of a free list: where it may be, what its record says, and that no merge was forgotten. */
static bool check_block(uint32_t frame, nodeid_t node, unsigned int zone, unsigned int order)
{
    const uint32_t dirt = READ_ONCE(frame_table[frame].count_info) & PGC_DIRT_MASK;
    bool ok = expect(!(frame & ((1UL << order) - 1)), "block %#x is not aligned to order %u\n", frame, order);

    ok &= expect(is_free_block(frame, node, order), "block %#x of node %u order %u: state %#lx\n", frame,
                 node, order, (unsigned long)READ_ONCE(frame_table[frame].state));
    ok &= expect(!dirt || ((dirt & PGC_DIRTY) && (dirt & PGC_CLEAN_MASK) < 1U << order),
                 "block %#x of order %u: dirty and clean pages %#x\n", frame, order, dirt);
    ok &= expect(zone_of(frame) == zone, "block %#x is not of zone %u\n", frame, zone);
    ok &= expect(order == MAX_ORDER || !is_free_block(frame ^ (1UL << order), node, order),
                 "block %#x of order %u is not merged with its buddy\n", frame, order);
    return ok;
}

static bool check_list(nodeid_t node, unsigned int z, unsigned int order, struct node_sum *sum)
    REQUIRES(heap_lock)
{
    const struct zone *zone = &node_heap[node].zone[z];
    const struct page_list *list = &zone->free[order];
    uint32_t prev = FRAME_NONE, dirty_before = 0;
    bool ok = expect(page_list_empty(list) == !(zone->nonempty & (1U << order)),
                     "node %u zone %u: bit of order %u\n", node, z, order);

    for (uint32_t frame = list->head; ok && frame != FRAME_NONE; frame = frame_table[frame].next) {
        const uint32_t info = READ_ONCE(frame_table[frame].count_info), dirty = info & PGC_DIRTY;

        ok &= check_block(frame, node, z, order);
        ok &= expect(frame_table[frame].prev == prev, "block %#x: its neighbour is not %#x\n", frame, prev);
        ok &= expect(dirty >= dirty_before, "clean block %#x behind dirty ones\n", frame);
        dirty_before = dirty;
        prev = frame;
        sum->free += 1UL << order;
        sum->dirty += dirty_in(info, order);
    }
    return ok & expect(list->tail == prev, "node %u zone %u order %u: tail\n", node, z, order);
}

static bool check_free_lists(nodeid_t node, struct node_sum *sum) REQUIRES(heap_lock)
{
    bool ok = true;

    for (unsigned int z = 0; z < NR_ZONES; z++) {
        unsigned long fresh = (unsigned long)node_heap[node].zone[z].nr_fresh << MAX_ORDER;

        sum->free += fresh;
        sum->dirty += fresh;
        for (unsigned int order = 0; order <= MAX_ORDER; order++)
            ok &= check_list(node, z, order, sum);
    }
    return ok;
}

/* I2 and I5 of one node. */
static bool check_node(nodeid_t node, struct node_sum *host) REQUIRES(heap_lock)
{
    struct node_sum sum = {0};
    unsigned long claimed = 0;
    bool ok = check_free_lists(node, &sum);

    for (const struct domain_mem *d = domain_mem_list; d; d = d->next)
        claimed += d->claims[node];
    ok &= expect(sum.free == node_avail_pages[node], "I5: node %u has %lu free, lists say %lu\n", node,
                 node_avail_pages[node], sum.free);
    ok &= expect(claimed == node_outstanding_claims[node], "I2: node %u: %lu claimed, domains say %lu\n",
                 node, node_outstanding_claims[node], claimed);
    ok &= expect(claimed <= sum.free, "I2: node %u: %lu claimed of %lu\n", node, claimed, sum.free);
    ok &= expect(sum.free + node_offlined_pages[node] <= heap_node_total(node),
                 "node %u: %lu free and %u offlined of %lu\n", node, sum.free, node_offlined_pages[node],
                 heap_node_total(node));
    host->free += sum.free;
    host->used += heap_node_total(node) - sum.free - node_offlined_pages[node];
    host->dirty += sum.dirty;
    return ok;
}

/* I4. The quota is guarded by page_alloc_lock, which must not be taken under heap_lock; where somebody holds
 * it, an allocation is under way and nothing can be said. */
static bool check_quota(const struct domain_mem *d) REQUIRES(heap_lock)
{
    /* Who charges the quota holds the lock until it has been under heap_lock, so before or after this look.
     */
    uint16_t holder = __atomic_load_n(&d->page_alloc_lock.owner, __ATOMIC_ACQUIRE);
    unsigned long pages = __atomic_load_n(&d->tot_pages, __ATOMIC_ACQUIRE);

    holder |= __atomic_load_n(&d->page_alloc_lock.owner, __ATOMIC_ACQUIRE);
    return holder || d->over_quota || !d->outstanding_pages ||
           expect(d->outstanding_pages + pages <= d->max_pages, "I4: d%d claims %lu, has %lu of %lu\n",
                  d->domid, d->outstanding_pages, pages, d->max_pages);
}

/* I3 and I4. */
static bool check_domain(const struct domain_mem *d) REQUIRES(heap_lock)
{
    unsigned long claims = 0;
    bool ok = true;

    for (unsigned int node = 0; node < MAX_NUMNODES; node++) {
        claims += d->claims[node];
        ok &= expect(node_in((nodeid_t)node, d->claimed_nodes) == (d->claims[node] != 0),
                     "d%d: %lu on node %u, and its mask %#lx\n", d->domid, d->claims[node], node,
                     d->claimed_nodes);
    }
    ok &= expect(claims == d->node_claims, "I3: d%d: %lu on nodes, they say %lu\n", d->domid, d->node_claims,
                 claims);
    ok &= expect(claims <= d->outstanding_pages, "I3: d%d: %lu on nodes of %lu\n", d->domid, claims,
                 d->outstanding_pages);
    ok &= expect(!d->dying || !d->outstanding_pages, "d%d is dying with %lu claimed\n", d->domid,
                 d->outstanding_pages);
    return ok & check_quota(d);
}

static bool check_host(void) REQUIRES(heap_lock)
{
    struct node_sum host = {0};
    unsigned long claimed = 0;
    bool ok = true;

    for (unsigned int node = 0; node < MAX_NUMNODES; node++)
        ok &= check_node((nodeid_t)node, &host);
    for (const struct domain_mem *d = domain_mem_list; d; d = d->next) {
        ok &= check_domain(d);
        claimed += d->outstanding_pages;
    }
    ok &=
        expect(host.free == total_avail_pages, "I5: %lu free, nodes say %lu\n", total_avail_pages, host.free);
    ok &= expect(host.dirty == dirty_pages, "%lu dirty, blocks say %lu\n", dirty_pages, host.dirty);
    ok &= expect(pending_pages <= host.used, "%lu marked for offlining of %lu used\n", pending_pages,
                 host.used);
    ok &= expect(claimed == outstanding_claims, "I1: %lu claimed, domains say %lu\n", outstanding_claims,
                 claimed);
    return ok & expect(claimed <= host.free, "I1: %lu claimed of %lu\n", claimed, host.free);
}

bool heap_check(void)
{
    bool ok;

    spin_lock(&heap_lock);
    ok = check_host();
    spin_unlock(&heap_lock);
    return ok;
}
