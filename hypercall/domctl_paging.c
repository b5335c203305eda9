/* SPDX-License-Identifier: MIT */
/* domctl: the paging pool, by its own calls and by the older shadow_op. */
#include "domctl.h"
#include "domheap.h"

#define MIB_SHIFT (20 - PAGE_SHIFT)

static uint64_t pool_pages(struct domain *d)
{
    struct domain_mem_info info;

    domain_mem_info(&d->mem, &info);
    return info.paging_total;
}

int domctl_get_paging_mempool_size(struct domctl_call *c)
{
    c->op.u.paging_mempool.size = pool_pages(c->d) << PAGE_SHIFT;
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

/* The pool in whole MiB, rounded up; of shadow paging itself and dirty logging there is nothing. */
int domctl_shadow_op(struct domctl_call *c)
{
    struct xen_domctl_shadow_op *op = &c->op.u.shadow_op;
    int rc = 0;

    if (c->d == c->v->domain)
        return refuse(EINVAL, "shadow_op: d%u itself", c->d->domid);
    if (op->op == XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION)
        rc = paging_set_allocation(&c->d->mem, (uint64_t)op->mb << MIB_SHIFT);
    else if (op->op != XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION)
        return refuse(EINVAL, "shadow_op: operation %u", op->op);
    op->mb = (uint32_t)((pool_pages(c->d) + (1UL << MIB_SHIFT) - 1) >> MIB_SHIFT);
    c->copy_back = rc == 0;
    return rc;
}
