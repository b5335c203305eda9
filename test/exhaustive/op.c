/* SPDX-License-Identifier: MIT */
/* Doing an operation, as the hypervisor's callers would, and saying what it was. */
#include "op.h"

#include "error.h"
#include "offline.h"
#include "report.h"
#include <stdio.h>

/* Whoever gets a page finds zeros, and leaves something there. */
static void use_pages(struct page_info *pg, unsigned int order, unsigned int memflags)
{
    if (memflags & MEMF_no_scrub && page_needs_scrub(pg))
        scrub_pages(pg, order);
    for (unsigned int i = 0; i < 1U << order; i++) {
        unsigned int frame = frame_index(&pg[i]);

        if (!frame_is_zero(frame))
            broken("scrub: page %u of node %u shows its new owner what the old one left", frame % NODE_PAGES,
                   frame_node(frame));
        frame_soil(frame);
    }
}

static int do_alloc(const struct op *op)
{
    struct page_info *pg = alloc_domheap_pages(&world.dom[op->dom], op->order, op->flags);

    if (!pg)
        return -ENOMEM;
    use_pages(pg, op->order, op->flags);
    return pg->node;
}

static int do_alloc_step(const struct op *op)
{
    struct page_info *pg;
    int rc = alloc_domheap_step(&world.dom[op->dom], op->order, op->flags, 1, &pg);

    if (rc)
        return rc;
    use_pages(pg, op->order, 0);
    return pg->node;
}

static int do_alloc_noref(const struct op *op)
{
    struct domain_mem *d = op->dom == NOBODY ? NULL : &world.dom[op->dom];
    struct page_info *pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, op->order,
                                            op->flags | (d ? MEMF_no_refcount : MEMF_no_owner), d);

    if (!pg)
        return -ENOMEM;
    for (unsigned int i = 0; i < 1U << op->order; i++)
        world.noref[frame_index(&pg[i])] = true;
    use_pages(pg, op->order, op->flags);
    return pg->node;
}

/* As XENMEM_exchange does it: the new block is there before the old one goes. */
static int do_exchange(const struct op *op)
{
    struct domain_mem *d = &world.dom[op->dom];
    struct page_info *fresh = alloc_domheap_pages(d, op->order, op->flags | MEMF_no_owner);
    struct page_list taken;
    bool done;

    if (!fresh)
        return -ENOMEM;
    use_pages(fresh, op->order, 0);
    page_list_init(&taken);
    rspin_lock(&d->page_alloc_lock);
    done = steal_domain_pages(d, &frame_table[frame_mfn(op->frame).v], op->order, &taken);
    if (done)
        assign_domain_block(d, fresh);
    rspin_unlock(&d->page_alloc_lock);
    free_heap_pages(done ? &frame_table[taken.head] : fresh, op->order);
    return done ? 0 : -EINVAL;
}

/* Whoever comes second has nothing to free. */
static int do_free_noref(const struct op *op)
{
    if (!world.noref[op->frame])
        return 0;
    for (unsigned int i = 0; i < 1U << op->order; i++)
        world.noref[op->frame + i] = false;
    free_heap_pages(&frame_table[frame_mfn(op->frame).v], op->order);
    return 0;
}

static int do_get(const struct op *op)
{
    if (!get_page(&frame_table[frame_mfn(op->frame).v], &world.dom[op->dom]))
        return -EINVAL;
    world.refs[op->frame]++;
    world.owner[op->frame] = op->dom;
    return 0;
}

static int do_put(const struct op *op)
{
    if (!world.refs[op->frame])
        return 0;
    world.refs[op->frame]--;
    put_page(&world.dom[op->dom], &frame_table[frame_mfn(op->frame).v]);
    return 0;
}

/* One snapshot, consistent whatever others do at this moment. */
static int do_look(void)
{
    struct heap_info info;
    struct domain_mem_info dom;

    heap_info(&info);
    if (info.claimed_pages > info.avail_pages)
        broken("I1: a snapshot says %lu claimed of %lu", info.claimed_pages, info.avail_pages);
    if (info.node_avail[0] + info.node_avail[1] != info.avail_pages)
        broken("I5: a snapshot says %lu + %lu free, %lu in all", info.node_avail[0], info.node_avail[1],
               info.avail_pages);
    for (unsigned int n = 0; n < NODES; n++)
        if (info.node_claimed[n] > info.node_avail[n])
            broken("I2: a snapshot says %lu claimed of %lu on node %u", info.node_claimed[n],
                   info.node_avail[n], n);
    for (unsigned int i = 0; i < DOMAINS; i++) {
        const bool lowered = world.dom[i].over_quota;

        domain_mem_info(&world.dom[i], &dom);
        if (dom.node_claims > dom.outstanding_pages)
            broken("I3: a snapshot says d%u claims %lu on nodes of %lu", i + 1, dom.node_claims,
                   dom.outstanding_pages);
        if (dom.outstanding_pages && dom.outstanding_pages + dom.tot_pages > dom.max_pages && !lowered &&
            !world.dom[i].over_quota)
            broken("I4: a snapshot says d%u claims %lu, has %lu of %lu", i + 1, dom.outstanding_pages,
                   dom.tot_pages, dom.max_pages);
    }
    return 0;
}

static int do_offline(const struct op *op)
{
    return (int)heap_offline_page(frame_mfn(op->frame), false).outcome;
}

static int do_online(const struct op *op)
{
    return (int)heap_online_page(frame_mfn(op->frame)).outcome;
}

int op_do(const struct op *op)
{
    struct domain_mem *d = &world.dom[op->dom];

    switch ((enum op_kind)op->kind) {
    case OP_CLAIM:
        return domain_set_claim_entries(d, op->nr, op->set);
    case OP_LEGACY:
        return domain_set_legacy_claim(d, op->value);
    case OP_ALLOC:
        return do_alloc(op);
    case OP_ALLOC_NOREF:
        return do_alloc_noref(op);
    case OP_ALLOC_STEP:
        return do_alloc_step(op);
    case OP_EXCHANGE:
        return do_exchange(op);
    case OP_FREE:
        free_domheap_pages(d, &frame_table[frame_mfn(op->frame).v], op->order);
        return 0;
    case OP_FREE_NOREF:
        return do_free_noref(op);
    case OP_GET:
        return do_get(op);
    case OP_PUT:
        return do_put(op);
    case OP_MAX_MEM:
        domain_set_max_pages(d, op->value);
        return 0;
    case OP_POOL:
        return paging_set_allocation(d, op->value);
    case OP_AFFINITY:
        d->node_affinity = op->value;
        return 0;
    case OP_KILL:
        domain_mem_kill(d);
        return 0;
    case OP_RELINQUISH:
        return domain_relinquish_pages(d, op->value);
    case OP_REBIRTH:
        world_rebirth(op->dom);
        return 0;
    case OP_SCRUB:
        heap_scrub_slice(0, op->value);
        return 0;
    case OP_OFFLINE:
        return do_offline(op);
    case OP_ONLINE:
        return do_online(op);
    case OP_LOOK:
        return do_look();
    }
    return 0;
}

/* ---- In words ---- */

static const char *const names[] = {
    [OP_CLAIM] = "claim",
    [OP_LEGACY] = "claim_pages",
    [OP_ALLOC] = "alloc",
    [OP_ALLOC_NOREF] = "alloc_noref",
    [OP_ALLOC_STEP] = "alloc_step",
    [OP_EXCHANGE] = "exchange",
    [OP_FREE] = "free",
    [OP_FREE_NOREF] = "free_noref",
    [OP_GET] = "get_page",
    [OP_PUT] = "put_page",
    [OP_MAX_MEM] = "max_mem",
    [OP_POOL] = "paging_pool",
    [OP_AFFINITY] = "node_affinity",
    [OP_KILL] = "kill",
    [OP_RELINQUISH] = "relinquish",
    [OP_REBIRTH] = "rebirth",
    [OP_SCRUB] = "scrub_slice",
    [OP_OFFLINE] = "offline",
    [OP_ONLINE] = "online",
    [OP_LOOK] = "look",
};

static void print_set(const struct op *op)
{
    for (unsigned int i = 0; i < op->nr; i++) {
        const memory_claim_t *e = &op->set[i];

        if (e->target == XEN_DOMCTL_CLAIM_MEMORY_HOST)
            printf(" host");
        else if (e->target == XEN_DOMCTL_CLAIM_MEMORY_LEGACY)
            printf(" legacy");
        else
            printf(e->target < MAX_NUMNODES ? " %u" : " %#x", e->target);
        printf(e->pages > MANY_PAGES ? ":%#lx" : ":%lu", e->pages);
        if (e->cmd)
            printf("(cmd %u)", e->cmd);
    }
}

static void print_flags(const struct op *op)
{
    printf(" order %u", op->order);
    if (MEMF_get_node(op->flags) != NUMA_NO_NODE)
        printf(" node %u", MEMF_get_node(op->flags));
    if (op->flags & MEMF_exact_node)
        printf(" exact");
    if (op->flags & MEMF_no_scrub)
        printf(" unscrubbed");
}

#define BIT(kind)  (1U << (kind))
#define WITH_DOM   (~(BIT(OP_SCRUB) | BIT(OP_OFFLINE) | BIT(OP_ONLINE) | BIT(OP_LOOK) | BIT(OP_FREE_NOREF)))
#define WITH_FLAGS (BIT(OP_ALLOC) | BIT(OP_ALLOC_NOREF) | BIT(OP_ALLOC_STEP) | BIT(OP_EXCHANGE))
#define WITH_FRAME                                                                                           \
    (BIT(OP_FREE) | BIT(OP_FREE_NOREF) | BIT(OP_GET) | BIT(OP_PUT) | BIT(OP_OFFLINE) | BIT(OP_ONLINE) |      \
     BIT(OP_EXCHANGE))
#define WITH_VALUE                                                                                           \
    (BIT(OP_LEGACY) | BIT(OP_MAX_MEM) | BIT(OP_POOL) | BIT(OP_RELINQUISH) | BIT(OP_SCRUB) | BIT(OP_AFFINITY))

void op_print(const struct op *op)
{
    const unsigned int bit = BIT(op->kind);

    printf("%s", names[op->kind]);
    if (bit & WITH_DOM)
        op->dom == NOBODY ? printf(" nobody") : printf(" d%u", op->dom + 1);
    if (op->kind == OP_CLAIM)
        print_set(op);
    if (bit & WITH_FLAGS)
        print_flags(op);
    if (bit & (BIT(OP_FREE) | BIT(OP_FREE_NOREF)))
        printf(" order %u", op->order);
    if (bit & WITH_FRAME)
        printf(" page %u of node %u", op->frame % NODE_PAGES, frame_node(op->frame));
    if (bit & WITH_VALUE)
        printf(" %#lx", op->value);
}
