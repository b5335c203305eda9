/* SPDX-License-Identifier: MIT */
/* A claim's life: installed, protected, redeemed, released. heap_lock guards all of it. */
#include "claims.h"

#include "error.h"
#include "observe.h"

/* ---- Release: the only place where claims shrink ---- */

unsigned long domain_release_host_claims(struct domain_mem *d, unsigned long release)
{
    release = MIN(release, d->outstanding_pages - d->node_claims);
    d->outstanding_pages -= release;
    outstanding_claims -= release;
    return release;
}

unsigned long domain_release_node_claims(struct domain_mem *d, nodeid_t node, unsigned long release)
{
    release = MIN(release, d->claims[node]);
    d->claims[node] -= release;
    if (!d->claims[node])
        d->claimed_nodes &= ~node_bit(node);
    d->node_claims -= release;
    d->outstanding_pages -= release;
    node_outstanding_claims[node] -= release;
    outstanding_claims -= release;
    return release;
}

void domain_recall_node_claims(struct domain_mem *d, unsigned long recall)
{
    ASSERT(recall <= d->node_claims);
    d->node_claims -= recall;
    d->outstanding_pages -= recall;
    outstanding_claims -= recall;
    while (recall) {
        const unsigned int node = ffs64(d->claimed_nodes);
        const unsigned long part = MIN(recall, d->claims[node]);

        d->claims[node] -= part;
        if (!d->claims[node])
            d->claimed_nodes &= d->claimed_nodes - 1;
        node_outstanding_claims[node] -= part;
        recall -= part;
    }
}

void domain_release_claims(struct domain_mem *d)
{
    nodeid_t node;

    for_each_node_in (node, d->claimed_nodes) {
        node_outstanding_claims[node] -= d->claims[node];
        d->claims[node] = 0;
    }
    outstanding_claims -= d->outstanding_pages;
    d->outstanding_pages = d->node_claims = d->claimed_nodes = 0;
}

/* ---- Protect and redeem: called by alloc_heap_pages and get_free_buddy ---- */

bool claims_cover_shortfall(unsigned long request, unsigned long avail, unsigned int memflags, nodeid_t node,
                            const struct domain_mem *d, unsigned long claimed)
{
    const unsigned long unclaimed = avail - claimed;
    unsigned long own = 0;

    if (MEMF_counted(d, memflags))
        own = node == NUMA_NO_NODE ? d->outstanding_pages : d->claims[node];
    if (request - unclaimed <= own)
        return true;
    if (memflags & MEMF_run)
        return false;
    log_debug("refused: d%d wants %lu pages of node %d: %lu free, %lu claimed, %lu by itself\n",
              d ? d->domid : -1, request, node == NUMA_NO_NODE ? -1 : node, avail, claimed, own);
    return false;
}

/* The last step keeps I4 without a look at max_pages, which heap_lock does not guard. */
void redeem_claims_for_allocation(struct domain_mem *d, unsigned long request, nodeid_t node)
{
    unsigned long left = MIN(request, d->outstanding_pages);

    if (!left)
        return;
    if (d->claims[node])
        left -= domain_release_node_claims(d, node, left);
    if (left && d->outstanding_pages > d->node_claims)
        left -= domain_release_host_claims(d, left);
    if (left)
        domain_recall_node_claims(d, left);
    trace(TRACE_CLAIM, "d%d redeems for %lu pages of node %u, %lu stay claimed", d->domid, request, node,
          d->outstanding_pages);
}

/* ---- Install: validate everything, then commit ---- */

/* The targets that the entries before this one named. */
struct seen_targets {
    nodemask_t nodes;
    bool host;
};

static int check_node_entry(const struct domain_mem *d, const memory_claim_t *entry, nodemask_t *seen)
    REQUIRES(heap_lock)
{
    const uint32_t node = entry->target;
    unsigned long room;

    if (node >= MAX_NUMNODES || !node_in((nodeid_t)node, node_online_map))
        return refuse(ENOENT, "claim d%d: no node %#x", d->domid, node);
    if (node_in((nodeid_t)node, *seen))
        return refuse(EINVAL, "claim d%d: node %u twice", d->domid, node);
    *seen |= node_bit((nodeid_t)node);
    room = node_avail_pages[node] - node_outstanding_claims[node] + d->claims[node];
    if (entry->pages > room)
        return refuse(ENOMEM, "claim d%d: %lu pages of node %u, room for %lu", d->domid, entry->pages, node,
                      room);
    return 0;
}

/* Spec section 3, step 4. */
static int check_entry(const struct domain_mem *d, unsigned int nr_entries, const memory_claim_t *entry,
                       struct seen_targets *seen) REQUIRES(heap_lock)
{
    if (entry->cmd)
        return refuse(EINVAL, "claim d%d: reserved field is %#x", d->domid, entry->cmd);
    switch (entry->target) {
    case XEN_DOMCTL_CLAIM_MEMORY_HOST:
        if (seen->host)
            return refuse(EINVAL, "claim d%d: host twice", d->domid);
        seen->host = true;
        return 0;
    case XEN_DOMCTL_CLAIM_MEMORY_LEGACY:
        return nr_entries == 1 ? 0 : refuse(EINVAL, "claim d%d: legacy not alone", d->domid);
    default:
        return check_node_entry(d, entry, &seen->nodes);
    }
}

/* Step 5, spec section 6: a legacy claim counts the pages owned already and never replaces a claim. */
static int check_legacy(const struct domain_mem *d, unsigned long pages, unsigned long owned)
    REQUIRES(heap_lock)
{
    if (d->outstanding_pages)
        return refuse(EINVAL, "claim d%d: %lu pages are claimed already", d->domid, d->outstanding_pages);
    if (pages <= owned)
        return refuse(EINVAL, "claim d%d: legacy %lu, owns %lu", d->domid, pages, owned);
    return 0;
}

/* What the set adds up to: *SUM. Steps 6 and 7; by subtraction from what is left, so that nothing wraps.
 * A release asks for nothing and passes, whatever max_pages is. */
static int check_sum(const struct domain_mem *d, unsigned int nr_entries, const memory_claim_t *claim_set,
                     unsigned long owned, unsigned long *sum) REQUIRES(heap_lock)
{
    const unsigned long quota = d->max_pages > owned ? d->max_pages - owned : 0;
    const unsigned long room = total_avail_pages - outstanding_claims + d->outstanding_pages;
    unsigned long left = quota;

    for (unsigned int i = 0; i < nr_entries; i++) {
        unsigned long pages = claim_set[i].pages;

        if (pages && claim_set[i].target == XEN_DOMCTL_CLAIM_MEMORY_LEGACY)
            pages -= owned;
        if (pages > left)
            return refuse(EINVAL, "claim d%d: more than max_pages %lu, owns %lu", d->domid, d->max_pages,
                          owned);
        left -= pages;
    }
    *sum = quota - left;
    if (*sum > room)
        return refuse(ENOMEM, "claim d%d: %lu pages, room for %lu", d->domid, *sum, room);
    return 0;
}

static int validate_claim_set(const struct domain_mem *d, unsigned int nr_entries,
                              const memory_claim_t *claim_set, unsigned long owned, unsigned long *sum)
    REQUIRES(heap_lock)
{
    struct seen_targets seen = {0};
    int rc = d->dying ? refuse(ESRCH, "claim d%d: dying", d->domid) : 0;

    for (unsigned int i = 0; !rc && i < nr_entries; i++)
        rc = check_entry(d, nr_entries, &claim_set[i], &seen);
    if (!rc && claim_set->target == XEN_DOMCTL_CLAIM_MEMORY_LEGACY && claim_set->pages)
        rc = check_legacy(d, claim_set->pages, owned);
    return rc ? rc : check_sum(d, nr_entries, claim_set, owned, sum);
}

/* Cannot fail: the set was validated in this locked region. */
static void commit_claim_set(struct domain_mem *d, unsigned int nr_entries, const memory_claim_t *claim_set,
                             unsigned long sum) REQUIRES(heap_lock)
{
    domain_release_claims(d);
    for (unsigned int i = 0; i < nr_entries; i++) {
        const memory_claim_t *entry = &claim_set[i];

        if (entry->target < MAX_NUMNODES && entry->pages) {
            d->claims[entry->target] = entry->pages;
            d->claimed_nodes |= node_bit((nodeid_t)entry->target);
            d->node_claims += entry->pages;
            node_outstanding_claims[entry->target] += entry->pages;
        }
    }
    d->outstanding_pages = sum;
    outstanding_claims += sum;
    trace(TRACE_CLAIM, "d%d claims %lu pages, %lu of them on nodes", d->domid, sum, d->node_claims);
}

int domain_set_claim_entries(struct domain_mem *d, unsigned int nr_entries, const memory_claim_t *claim_set)
{
    unsigned long sum = 0;
    int rc;

    rspin_lock(&d->page_alloc_lock);
    spin_lock(&heap_lock);
    rc = validate_claim_set(d, nr_entries, claim_set, domain_tot_pages(d), &sum);
    if (!rc) {
        commit_claim_set(d, nr_entries, claim_set, sum);
        d->over_quota = false;
    }
    spin_unlock(&heap_lock);
    rspin_unlock(&d->page_alloc_lock);
    return rc;
}
