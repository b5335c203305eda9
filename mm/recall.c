/* SPDX-License-Identifier: MIT */
/* Recall: claims that offlined memory no longer backs are taken back. Spec section 9. */
#include "claims.h"
#include "log.h"
#include "offline.h"

unsigned long recalled_claims;

/* What D claims on NODE, or host-wide for NUMA_NO_NODE. */
static unsigned long claim_of(const struct domain_mem *d, nodeid_t node)
{
    return node == NUMA_NO_NODE ? d->outstanding_pages - d->node_claims : d->claims[node];
}

/* The list ascends by id: of equals the last one stays. */
static struct domain_mem *find_loser(nodeid_t node) REQUIRES(heap_lock)
{
    struct domain_mem *loser = domain_mem_list;

    for (struct domain_mem *d = loser; d; d = d->next)
        if (claim_of(d, node) >= claim_of(loser, node))
            loser = d;
    return loser;
}

/* Page by page, so that several domains that claim alike lose alike. */
static void recall_page(nodeid_t node) REQUIRES(heap_lock)
{
    struct domain_mem *d = find_loser(node);

    if (node == NUMA_NO_NODE)
        domain_release_host_claims(d, 1);
    else
        domain_release_node_claims(d, node, 1);
    d->recalled_pages++;
    recalled_claims++;
    log_warn("a page that d%u claims %s is recalled, %lu stay claimed\n", d->domid,
             node == NUMA_NO_NODE ? "host-wide" : "on a node", d->outstanding_pages);
}

void recall_claims(nodeid_t node)
{
    while (node_outstanding_claims[node] > node_avail_pages[node])
        recall_page(node);
    /* Host-wide claims suffice: node claims alone are not above the nodes' free pages any more. */
    while (outstanding_claims > total_avail_pages)
        recall_page(NUMA_NO_NODE);
}
