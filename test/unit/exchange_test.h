/* SPDX-License-Identifier: MIT */
/* For tests of exchange: lists of frames, and pages that remember where they were. */
#pragma once

#include "caller.h"

#define MAX_LIST 1024U

static xen_pfn_t in[MAX_LIST], out[MAX_LIST];
static struct xen_memory_exchange op;

static inline void prepare(domid_t domid, uint64_t nr_in, unsigned int in_order, unsigned int out_order)
{
    op = (struct xen_memory_exchange){
        .in = {{in}, nr_in, in_order, 0, domid},
        .out = {{out}, (nr_in << in_order) >> out_order, out_order, 0, domid},
    };
}

static inline int64_t run(void)
{
    int64_t rc = hcall(__HYPERVISOR_memory_op, XENMEM_exchange, ptr(&op), 0);

    assert_true(heap_check());
    return rc;
}

/* Extents from two guest frames on, for as many pages. */
static inline int64_t exchange(domid_t domid, uint64_t from, uint64_t to, uint64_t nr_in,
                               unsigned int in_order, unsigned int out_order)
{
    prepare(domid, nr_in, in_order, out_order);
    for (uint64_t i = 0; i < nr_in; i++)
        in[i] = from + (i << in_order);
    for (uint64_t i = 0; i < op.out.nr_extents; i++)
        out[i] = to + (i << out_order);
    return run();
}

static inline uint64_t *page_at(struct domain *d, uint64_t g)
{
    return host_gfn_ptr(d, gfn(g));
}

/* What a page says about itself: its guest frame, when it was stamped; 0 when it is new, all of it. */
static inline void stamp(struct domain *d, uint64_t first, uint64_t nr)
{
    for (uint64_t g = first; g < first + nr; g++)
        page_at(d, g)[7] = g + 1;
}

static inline void assert_stamped(struct domain *d, uint64_t first, uint64_t nr)
{
    for (uint64_t g = first; g < first + nr; g++) {
        assert_non_null(page_at(d, g));
        assert_int_equal(page_at(d, g)[7], g + 1);
    }
}

static inline void assert_new(struct domain *d, uint64_t first, uint64_t nr)
{
    for (uint64_t g = first; g < first + nr; g++) {
        const char *page = host_gfn_ptr(d, gfn(g));

        assert_non_null(page);
        assert_int_equal(page[0], 0);
        assert_memory_equal(page, page + 1, PAGE_SIZE - 1);
    }
}

static inline void assert_absent(struct domain *d, uint64_t first, uint64_t nr)
{
    for (uint64_t g = first; g < first + nr; g++)
        assert_null(page_at(d, g));
}

/* A domain with PAGES stamped pages from frame 0 on, in extents of this order. */
static inline struct domain *make(uint64_t pages, unsigned int order)
{
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);

    assert_int_equal(populate(domid, 0, pages >> order, order, XENMEMF_node(0)), pages >> order);
    stamp(d, 0, pages);
    return d;
}

static inline void end(struct domain *d)
{
    assert_int_equal(destroy(d->domid), 0);
    domain_put(d);
}

static inline void assert_pages(struct domain *d, unsigned long pages)
{
    assert_int_equal(info_of(d->domid).tot_pages, pages);
}
