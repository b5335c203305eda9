/* SPDX-License-Identifier: MIT */
/* The other doors to claims: reading them back, and the legacy call. */
#include "claims.h"

#include "error.h"
#include "log.h"

int domain_set_legacy_claim(struct domain_mem *d, unsigned long nr_pages)
{
    const memory_claim_t entry = {.pages = nr_pages, .target = XEN_DOMCTL_CLAIM_MEMORY_LEGACY};
    int rc = domain_set_claim_entries(d, 1, &entry);

    return rc == -ESRCH ? -EINVAL : rc; /* dying: an error of its own only in the newer call */
}

/* The host-wide record, then the nodes with claims, ascending. */
static void write_claims(const struct domain_mem *d, memory_claim_t *claim_set) REQUIRES(heap_lock)
{
    unsigned int nr = 0;

    claim_set[nr++] = (memory_claim_t){.pages = d->outstanding_pages - d->node_claims,
                                       .target = XEN_DOMCTL_CLAIM_MEMORY_HOST};
    for (uint32_t node = 0; node < MAX_NUMNODES; node++)
        if (d->claims[node])
            claim_set[nr++] = (memory_claim_t){.pages = d->claims[node], .target = node};
}

static int get_claims(const struct domain_mem *d, unsigned int *nr_entries, memory_claim_t *claim_set)
    REQUIRES(heap_lock)
{
    const unsigned int capacity = *nr_entries;
    unsigned int needed = 1;

    if (d->dying)
        return refuse(ESRCH, "claims d%d: dying", d->domid);
    for (unsigned int node = 0; node < MAX_NUMNODES; node++)
        needed += d->claims[node] != 0;
    *nr_entries = needed;
    if (capacity < needed)
        return refuse(ERANGE, "claims d%d: room for %u records of %u", d->domid, capacity, needed);
    write_claims(d, claim_set);
    return 0;
}

int domain_get_claim_entries(struct domain_mem *d, unsigned int *nr_entries, memory_claim_t *claim_set)
{
    int rc;

    spin_lock(&heap_lock);
    rc = get_claims(d, nr_entries, claim_set);
    spin_unlock(&heap_lock);
    return rc;
}
