/* SPDX-License-Identifier: MIT */
/* Claims: claim sets, legacy claims, and what is claimed on the host. */
#include "xc_private.h"
#include <stdbool.h>

#define MAX_ENTRIES 65 /* 64 nodes and one selector: the hypervisor takes no more */

_Static_assert(sizeof(struct xc_memory_claim) == sizeof(struct xen_memory_claim),
               "aliases of the same bytes");
_Static_assert(offsetof(struct xc_memory_claim, target) == offsetof(struct xen_memory_claim, target),
               "aliases");

int(xc_domain_claim_memory)(xc_interface *xch, uint32_t domid, uint32_t mode, uint32_t *nr_entries,
                            xc_claim_set_t claim_set)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_claim_memory, domid);
    struct xen_domctl_claim_memory *op = allod_claim_memory(&domctl);
    int rc;

    op->mode = mode;
    op->nr_entries = *nr_entries;
    set_xen_guest_handle_raw(op->claim_set, claim_set.entries);
    rc = xc_domctl(xch, &domctl);
    if (mode == XEN_DOMCTL_CLAIM_MEMORY_GET)
        *nr_entries = op->nr_entries;
    return rc;
}

/* Turn a TOTAL into the HOST claim that the node claims leave of it. */
static int resolve_total(struct xen_memory_claim *entries, uint32_t nr)
{
    struct xen_memory_claim *total = NULL;
    uint64_t nodes = 0;
    bool host = false;

    for (uint32_t i = 0; i < nr; i++) {
        if (entries[i].target == XEN_DOMCTL_CLAIM_MEMORY_TOTAL) {
            if (total)
                return xc_refuse(EINVAL);
            total = &entries[i];
        } else if (entries[i].target & XEN_DOMCTL_CLAIM_MEMORY_HOST) {
            host = true;
        } else if (__builtin_add_overflow(nodes, entries[i].pages, &nodes)) {
            nodes = UINT64_MAX;
        }
    }
    if (!total)
        return 0;
    if (host || nodes > total->pages)
        return xc_refuse(EINVAL);
    total->target = XEN_DOMCTL_CLAIM_MEMORY_HOST;
    total->pages -= nodes;
    return 0;
}

int xc_domain_claim_memory_set(xc_interface *xch, uint32_t domid, uint32_t nr_entries,
                               xc_claim_set_t claim_set)
{
    struct xen_memory_claim entries[MAX_ENTRIES];

    if (claim_set.entries && nr_entries <= MAX_ENTRIES) {
        memcpy(entries, claim_set.entries, nr_entries * sizeof(entries[0]));
        if (resolve_total(entries, nr_entries))
            return -1;
        claim_set.entries = entries;
    }
    return xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr_entries, claim_set);
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
    struct xen_memory_reservation reservation = {.nr_extents = nr_pages, .domid = (domid_t)domid};

    return (int)xc_memory_op(xch, XENMEM_claim_pages, &reservation, sizeof(reservation));
}

static int claiminfo(xc_interface *xch, struct xen_sysctl *sysctl, uint32_t domid, unsigned int nr_nodes,
                     xc_claiminfo_node_t *nodes)
{
    struct xen_sysctl_claiminfo *op = allod_claiminfo(sysctl);

    sysctl->cmd = XEN_SYSCTL_claiminfo;
    op->domid = (domid_t)domid;
    op->nr_nodes = nr_nodes;
    set_xen_guest_handle_raw(op->nodes, nodes);
    return xc_sysctl(xch, sysctl);
}

int xc_claiminfo(xc_interface *xch, unsigned int *nr_nodes, xc_claiminfo_node_t *nodes, xc_claiminfo_t *info)
{
    struct xen_sysctl sysctl = {0};
    const struct xen_sysctl_claiminfo *op = allod_claiminfo(&sysctl);

    if (claiminfo(xch, &sysctl, DOMID_INVALID, nodes ? *nr_nodes : 0, nodes))
        return -1;
    *nr_nodes = op->nr_nodes;
    if (info)
        *info = (xc_claiminfo_t){op->total, op->free, op->claimed, op->dirty, op->pending, op->recalled};
    return 0;
}

int xc_domain_recalled_pages(xc_interface *xch, uint32_t domid, uint64_t *pages)
{
    struct xen_sysctl sysctl = {0};

    if (claiminfo(xch, &sysctl, domid, 0, NULL))
        return -1;
    *pages = allod_claiminfo(&sysctl)->domain_recalled;
    return 0;
}
