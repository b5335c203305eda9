/* SPDX-License-Identifier: MIT */
/* Offlining: a free page leaves at once, a used one when it is freed. Spec section 9. */
#include "offline.h"

#include "buddy.h"
#include "heap_ranges.h"
#include "log.h"

unsigned long pending_pages;
uint32_t node_offlined_pages[MAX_NUMNODES];

/* The page is on no list any more. */
static void leave(struct page_info *pg, nodeid_t node, uint32_t broken) REQUIRES(heap_lock)
{
    WRITE_ONCE(pg->state, page_state(PGC_STATE_OFFLINED | broken, DOMID_INVALID, node, 0));
    node_offlined_pages[node]++;
}

static void offline_free_page(struct page_info *head, struct page_info *pg, uint32_t broken)
    REQUIRES(heap_lock)
{
    const nodeid_t node = READ_ONCE(head->node);

    buddy_carve(head, pg);
    total_avail_pages--;
    node_avail_pages[node]--;
    leave(pg, node, broken);
    recall_claims(node);
}

/* Atomically: the owner counts references in the same word without heap_lock (section 11, no. 8). */
static uint32_t mark_used_page(struct page_info *pg, uint32_t broken) REQUIRES(heap_lock)
{
    uint32_t old = __atomic_fetch_or(&pg->count_info, PGC_OFFLINING | broken, __ATOMIC_RELAXED);

    pending_pages += !(old & PGC_OFFLINING);
    return old;
}

static struct offline_result result(enum offline_outcome outcome, const struct page_info *pg)
{
    return (struct offline_result){
        .outcome = outcome, .owner = READ_ONCE(pg->owner), .broken = READ_ONCE(pg->count_info) & PGC_BROKEN};
}

static struct offline_result result_of_nobody(enum offline_outcome outcome)
{
    return (struct offline_result){.outcome = outcome, .owner = DOMID_INVALID};
}

/* HEAD is what buddy_find says of PG. */
static struct offline_result offline(struct page_info *head, struct page_info *pg, uint32_t broken)
    REQUIRES(heap_lock)
{
    struct offline_result r;
    uint32_t old;

    if (READ_ONCE(head->count_info) & PGC_TAKEN)
        return result_of_nobody(OFFLINE_AGAIN);
    switch (READ_ONCE(head->count_info) & PGC_STATE_MASK) {
    case PGC_STATE_FREE:
        offline_free_page(head, pg, broken);
        return result(OFFLINE_DONE, pg);
    case PGC_STATE_OFFLINED:
        WRITE_ONCE(pg->count_info, READ_ONCE(pg->count_info) | broken);
        return result(OFFLINE_DONE, pg);
    default:
        old = mark_used_page(pg, broken);
        r = result(OFFLINE_PENDING, pg);
        r.was_broken = old & PGC_BROKEN;
        r.given_up = r.owner != DOMID_INVALID && !(old & PGC_ALLOCATED);
        return r;
    }
}

static struct offline_result online(struct page_info *head, struct page_info *pg, uint32_t unused UNUSED)
    REQUIRES(heap_lock)
{
    const uint32_t flags = READ_ONCE(pg->count_info);
    const nodeid_t node = READ_ONCE(pg->node);

    if (head != pg || !(flags & PGC_OFFLINING || (flags & PGC_STATE_MASK) == PGC_STATE_OFFLINED))
        return result_of_nobody(ONLINE_NOTHING);
    if (flags & PGC_BROKEN)
        return result(ONLINE_BROKEN, pg);
    if (flags & PGC_OFFLINING) {
        __atomic_fetch_and(&pg->count_info, ~PGC_OFFLINING, __ATOMIC_RELAXED);
        pending_pages--;
        return result(ONLINE_DONE, pg);
    }
    node_offlined_pages[node]--;
    total_avail_pages++;
    node_avail_pages[node]++;
    buddy_put(pg, node, 0, PGC_DIRTY);
    return result_of_nobody(ONLINE_DONE);
}

static struct offline_result query(struct page_info *head, struct page_info *pg, uint32_t unused UNUSED)
    REQUIRES(heap_lock)
{
    const uint32_t flags = READ_ONCE(pg->count_info);

    if (head == pg && (flags & PGC_STATE_MASK) == PGC_STATE_OFFLINED)
        return result(OFFLINE_DONE, pg);
    if (head == pg && !(flags & PGC_STATE_MASK) && flags & PGC_OFFLINING)
        return result(OFFLINE_PENDING, pg);
    return result_of_nobody(ONLINE_NOTHING);
}

static struct offline_result
handle_page(mfn_t m, uint32_t broken,
            struct offline_result (*handle)(struct page_info *head, struct page_info *pg, uint32_t broken))
{
    struct offline_result r = result_of_nobody(OFFLINE_NOT_RAM);
    const struct mem_range *range;
    uint32_t before = 0, after = 0;

    spin_lock(&heap_lock);
    range = heap_range_of(m.v);
    if (range) {
        before = node_offlined_pages[range->node];
        r = handle(buddy_find(m.v), mfn_to_page(m), broken);
        after = node_offlined_pages[range->node];
    }
    spin_unlock(&heap_lock);
    if (after != before)
        log_info("page %#lx of node %u is %s%s\n", m.v, range->node, after > before ? "offline" : "online",
                 r.broken ? ": broken" : "");
    return r;
}

struct offline_result heap_offline_page(mfn_t m, bool broken)
{
    return handle_page(m, broken ? PGC_BROKEN : 0, offline);
}

struct offline_result heap_online_page(mfn_t m)
{
    return handle_page(m, 0, online);
}

struct offline_result heap_query_page(mfn_t m)
{
    return handle_page(m, 0, query);
}

static bool has_mark(const struct page_info *pg, unsigned int order)
{
    for (unsigned long i = 0; i < 1UL << order; i++)
        if (READ_ONCE(pg[i].count_info) & PGC_OFFLINING)
            return true;
    return false;
}

unsigned long put_unmarked_pages(struct page_info *pg, nodeid_t node, unsigned int order)
{
    if (!has_mark(pg, order)) {
        buddy_put(pg, node, order, PGC_DIRTY);
        return 1UL << order;
    }
    if (order == 0) {
        pending_pages--;
        leave(pg, node, READ_ONCE(pg->count_info) & PGC_BROKEN);
        return 0;
    }
    order--;
    return put_unmarked_pages(pg, node, order) + put_unmarked_pages(pg + (1UL << order), node, order);
}
