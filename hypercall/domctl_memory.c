/* SPDX-License-Identifier: MIT */
/* domctl: where a domain's memory may come from: claims, node affinity, and the paging pool. */
#include "claims.h"
#include "domctl.h"
#include "domheap.h"

#define MAX_BITMAP_BITS 4096U /* the longest node bitmap that is looked at */

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

/* Nodes beyond MAX_NUMNODES do not exist and are ignored, as in Xen. */
static int copy_node_mask(const struct xenctl_bitmap *bitmap, nodemask_t *mask)
{
    unsigned int bits = MIN(bitmap->nr_bits, MAX_NUMNODES);

    *mask = 0;
    if (arch_copy_from_guest(mask, handle_ptr(bitmap->bitmap), (bits + 7) / 8))
        return refuse(EFAULT, "nodemap at %p", (const void *)bitmap->bitmap.p);
    if (bits < MAX_NUMNODES)
        *mask &= (1UL << bits) - 1;
    return 0;
}

int domctl_setnodeaffinity(struct domctl_call *c)
{
    nodemask_t mask;
    int rc = copy_node_mask(&c->op.u.nodeaffinity.nodemap, &mask);

    if (rc)
        return rc;
    if (!(mask & node_online_map))
        return refuse(EINVAL, "setnodeaffinity: no node of %#lx is online", mask);
    mask &= node_online_map;
    WRITE_ONCE(c->d->mem.node_affinity, mask);
    WRITE_ONCE(c->d->mem.auto_node_affinity, mask == node_online_map);
    return 0;
}

int domctl_getnodeaffinity(struct domctl_call *c)
{
    const struct xenctl_bitmap *bitmap = &c->op.u.nodeaffinity.nodemap;
    uint8_t bytes[MAX_BITMAP_BITS / 8] = {0};
    nodemask_t mask = READ_ONCE(c->d->mem.node_affinity);

    if (bitmap->nr_bits > MAX_BITMAP_BITS)
        return refuse(EINVAL, "getnodeaffinity: a bitmap of %u bits", bitmap->nr_bits);
    if (bitmap->nr_bits < MAX_NUMNODES)
        mask &= (1UL << bitmap->nr_bits) - 1;
    for (unsigned int i = 0; i < MAX_NUMNODES; i++)
        bytes[i / 8] |= (uint8_t)((mask >> i & 1) << i % 8);
    if (arch_copy_to_guest(handle_ptr(bitmap->bitmap), bytes, (bitmap->nr_bits + 7) / 8))
        return refuse(EFAULT, "nodemap at %p", (const void *)bitmap->bitmap.p);
    return 0;
}

int domctl_get_paging_mempool_size(struct domctl_call *c)
{
    struct domain_mem_info info;

    domain_mem_info(&c->d->mem, &info);
    c->op.u.paging_mempool.size = (uint64_t)info.paging_total << PAGE_SHIFT;
    c->copy_back = true;
    return 0;
}

int domctl_set_paging_mempool_size(struct domctl_call *c)
{
    uint64_t size = c->op.u.paging_mempool.size;

    if (size & ~PAGE_MASK)
        return refuse(EINVAL, "set_paging_mempool_size: %#lx is not whole pages", size);
    return paging_set_allocation(&c->d->mem, size >> PAGE_SHIFT);
}
