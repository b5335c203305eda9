/* SPDX-License-Identifier: MIT */
/* domctl: where a domain's memory may come from: claims, and the nodes it prefers. */
#include "affinity.h"
#include "claims.h"
#include "domctl.h"

/* Spec section 7. The claims come out of the domain whole, so a buffer that is too small gets nothing. */
static int claims_get(struct domctl_call *c, struct xen_domctl_claim_memory *cm)
{
    memory_claim_t claims[MAX_CLAIM_ENTRIES];
    unsigned int nr = MIN(cm->nr_entries, MAX_CLAIM_ENTRIES);
    int rc = domain_get_claim_entries(&c->d->mem, &nr, claims);

    if (rc == 0 && (handle_is_null(cm->claim_set) ||
                    arch_copy_to_guest(handle_ptr(cm->claim_set), claims, nr * sizeof(claims[0]))))
        rc = refuse(EFAULT, "claim_memory: %u entries to %p", nr, (const void *)cm->claim_set.p);
    if (rc == 0 || rc == -ERANGE) {
        cm->nr_entries = nr;
        c->copy_back = true;
    }
    return rc;
}

/* Spec section 3. The copy is on the stack: a host whose memory is all claimed can still replace claims. */
static int claims_set(struct domctl_call *c, const struct xen_domctl_claim_memory *cm)
{
    memory_claim_t claims[MAX_CLAIM_ENTRIES];
    unsigned int nr = cm->nr_entries;

    if (nr == 0)
        return refuse(EINVAL, "claim_memory: no entries for d%u", c->d->domid);
    if (nr > MAX_CLAIM_ENTRIES)
        return refuse(E2BIG, "claim_memory: %u entries, %u are possible", nr, MAX_CLAIM_ENTRIES);
    if (READ_ONCE(c->d->mem.dying)) /* tested again under the locks */
        return refuse(ESRCH, "claim_memory: d%u is dying", c->d->domid);
    if (handle_is_null(cm->claim_set) ||
        arch_copy_from_guest(claims, handle_ptr(cm->claim_set), nr * sizeof(claims[0])))
        return refuse(EFAULT, "claim_memory: %u entries at %p", nr, (const void *)cm->claim_set.p);
    return domain_set_claim_entries(&c->d->mem, nr, claims);
}

int domctl_claim_memory(struct domctl_call *c)
{
    struct xen_domctl_claim_memory *cm = allod_claim_memory(&c->op);

    switch (cm->mode) {
    case XEN_DOMCTL_CLAIM_MEMORY_GET:
        return claims_get(c, cm);
    case XEN_DOMCTL_CLAIM_MEMORY_SET:
        return claims_set(c, cm);
    default:
        return refuse(EOPNOTSUPP, "claim_memory: mode %u", cm->mode);
    }
}

/* As in Xen, with all nodes the affinity follows the vCPUs' again. */
int domctl_setnodeaffinity(struct domctl_call *c)
{
    nodemask_t mask;
    int rc = read_bitmap(&c->op.u.nodeaffinity.nodemap, &mask, MAX_NUMNODES);

    if (rc)
        return rc;
    if (!(mask & node_online_map))
        return refuse(EINVAL, "setnodeaffinity: no node of %#lx is online", mask);
    mask &= node_online_map;
    spin_lock(&c->d->domctl_lock);
    WRITE_ONCE(c->d->mem.node_affinity, mask);
    WRITE_ONCE(c->d->mem.auto_node_affinity, mask == node_online_map);
    domain_update_node_affinity(c->d);
    spin_unlock(&c->d->domctl_lock);
    return 0;
}

int domctl_getnodeaffinity(struct domctl_call *c)
{
    nodemask_t mask = READ_ONCE(c->d->mem.node_affinity);

    return write_bitmap(&c->op.u.nodeaffinity.nodemap, &mask, MAX_NUMNODES);
}
