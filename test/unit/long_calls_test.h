/* SPDX-License-Identifier: MIT */
/* For tests of calls on large extents: one memory_op, entered step by step until it is done. */
#pragma once

#include "caller.h"

#define ORDER 12U
#define PAGES (1UL << ORDER)
#define STEPS (PAGES / CALL_BUDGET)

/* A memory_op that is entered step by step. */
struct op {
    struct xen_memory_reservation r;
    xen_pfn_t gfn[2];
    struct hypercall call;
    struct vcpu *v;
};

static inline void begin(struct op *op, uint32_t cmd, domid_t domid, xen_pfn_t gfn, unsigned int order,
                         unsigned int flags)
{
    *op = (struct op){.r = {{op->gfn}, 1, order, flags, domid}, .gfn = {gfn}, .v = caller};
    op->call = (struct hypercall){.nr = __HYPERVISOR_memory_op, .arg = {cmd, ptr(&op->r)}};
}

static inline int64_t step(struct op *op)
{
    int64_t rc = host_hypercall_step(op->v, &op->call);

    assert_true(heap_check());
    return rc;
}

/* Enter it until it is done; returns how many times that was. */
static inline unsigned int finish(struct op *op, int64_t done)
{
    unsigned int steps = 1;
    int64_t rc;

    while ((rc = step(op)) == -ERESTART)
        assert_true(++steps < 100);
    assert_int_equal(rc, done);
    return steps;
}

static inline domid_t large_domain(void)
{
    domid_t domid = new_domain();

    assert_int_equal(set_max(domid, 2 * PAGES), 0);
    return domid;
}

static inline void assert_pages(domid_t domid, unsigned long pages, unsigned long claims)
{
    struct xen_domctl_getdomaininfo info = info_of(domid);

    assert_int_equal(info.tot_pages, pages);
    assert_int_equal(info.outstanding_pages, claims);
}
