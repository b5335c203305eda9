/* SPDX-License-Identifier: MIT */
/* memory_op: questions about a domain's memory and the machine's. */
#include "host_info.h"
#include "memory_op.h"

int64_t memory_maximum_ram_page(struct memory_call *c UNUSED)
{
    return (int64_t)host_info.max_mfn.v + 1;
}

static int64_t ask(struct memory_call *c, uint64_t (*question)(struct domain *d))
{
    struct domain *d;
    int64_t rc = find_target(c->v, c->domain.domid, &d);

    if (rc)
        return rc;
    rc = (int64_t)question(d);
    domain_put(d);
    return rc;
}

static uint64_t tot_pages(struct domain *d)
{
    struct domain_mem_info info;

    domain_mem_info(&d->mem, &info);
    return info.tot_pages;
}

static uint64_t max_pages(struct domain *d)
{
    struct domain_mem_info info;

    domain_mem_info(&d->mem, &info);
    return info.max_pages;
}

/* As in Xen the highest that ever was, not the highest that is mapped now. */
static uint64_t max_gfn(struct domain *d)
{
    return READ_ONCE(d->arch.max_gfn);
}

int64_t memory_current_reservation(struct memory_call *c)
{
    return ask(c, tot_pages);
}

int64_t memory_maximum_reservation(struct memory_call *c)
{
    return ask(c, max_pages);
}

int64_t memory_maximum_gpfn(struct memory_call *c)
{
    return ask(c, max_gfn);
}
