/* SPDX-License-Identifier: MIT */
/* For tests of hypercalls: a two-node machine, a caller, and short forms of the calls. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/sysctl.h>

#include "domheap.h"
#include "heap.h"
#include "host.h"
#include "hypercall.h"
#include "machine.h"
#include <public/claims.h>

#define NODE_PAGES 8192UL
#define POOL_BYTES (64 * PAGE_SIZE)
#define BAD_PTR    0x10UL

static struct vcpu *caller;

static int setup_caller(bool privileged)
{
    static const unsigned long pages[] = {NODE_PAGES, NODE_PAGES};

    machine_create_nodes(2, pages);
    caller = host_boot(privileged);
    return 0;
}

static inline int setup(void **state UNUSED)
{
    return setup_caller(true);
}

static inline int setup_unprivileged(void **state UNUSED)
{
    return setup_caller(false);
}

/* Every test leaves all memory behind: nothing leaked, and the invariants hold. */
static inline int teardown(void **state UNUSED)
{
    struct heap_info info;

    assert_true(heap_check());
    host_shutdown();
    heap_info(&info);
    assert_int_equal(info.avail_pages, info.total_pages);
    assert_int_equal(info.claimed_pages, 0);
    machine_destroy();
    return 0;
}

static inline int64_t hcall(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
    return host_hypercall(caller, nr, a0, a1, a2, 0, 0, 0);
}

static inline uint64_t ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static inline int64_t domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return hcall(__HYPERVISOR_domctl, ptr(op), 0, 0);
}

static inline int64_t sysctl(uint32_t cmd, struct xen_sysctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hcall(__HYPERVISOR_sysctl, ptr(op), 0, 0);
}

static inline struct xen_domctl create_args(void)
{
    struct xen_domctl op = {0};

    op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_grant_frames = 4;
    op.u.createdomain.max_maptrack_frames = 2;
    return op;
}

static inline int64_t set_pool(domid_t domid, uint64_t bytes)
{
    struct xen_domctl op = {0};

    op.u.paging_mempool.size = bytes;
    return domctl(XEN_DOMCTL_set_paging_mempool_size, domid, &op);
}

static inline int64_t set_max(domid_t domid, uint64_t pages)
{
    struct xen_domctl op = {0};

    op.u.max_mem.max_memkb = pages * 4;
    return domctl(XEN_DOMCTL_max_mem, domid, &op);
}

/* A domain with a paging pool and room for 4096 pages. */
static inline domid_t new_domain(void)
{
    struct xen_domctl op = create_args();

    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    assert_int_equal(set_pool(op.domain, POOL_BYTES), 0);
    assert_int_equal(set_max(op.domain, 4096), 0);
    return op.domain;
}

static inline int64_t destroy(domid_t domid)
{
    struct xen_domctl op = {0};

    return domctl(XEN_DOMCTL_destroydomain, domid, &op);
}

static inline int64_t set_claims(domid_t domid, unsigned int nr, memory_claim_t *claims)
{
    struct xen_domctl op = {0};

    *allod_claim_memory(&op) = (struct xen_domctl_claim_memory){{claims}, nr, XEN_DOMCTL_CLAIM_MEMORY_SET};
    return domctl(XEN_DOMCTL_claim_memory, domid, &op);
}

static inline int64_t get_claims(domid_t domid, unsigned int *nr, memory_claim_t *claims)
{
    struct xen_domctl op = {0};
    int64_t rc;

    *allod_claim_memory(&op) = (struct xen_domctl_claim_memory){{claims}, *nr, XEN_DOMCTL_CLAIM_MEMORY_GET};
    rc = domctl(XEN_DOMCTL_claim_memory, domid, &op);
    *nr = allod_claim_memory(&op)->nr_entries;
    return rc;
}

static inline int64_t claim_node(domid_t domid, uint32_t target, uint64_t pages)
{
    memory_claim_t claim = {pages, target, 0};

    return set_claims(domid, 1, &claim);
}

static inline int64_t reservation(uint64_t cmd, domid_t domid, xen_pfn_t *gfns, uint64_t nr,
                                  unsigned int order, unsigned int flags)
{
    struct xen_memory_reservation r = {{gfns}, nr, order, flags, domid};

    return hcall(__HYPERVISOR_memory_op, cmd, ptr(&r), 0);
}

static inline int64_t populate(domid_t domid, uint64_t first, uint64_t nr, unsigned int order,
                               unsigned int flags)
{
    xen_pfn_t gfns[1024];

    assert_true(nr <= ARRAY_SIZE(gfns));
    for (uint64_t i = 0; i < nr; i++)
        gfns[i] = first + (i << order);
    return reservation(XENMEM_populate_physmap, domid, gfns, nr, order, flags);
}

static inline int64_t decrease(domid_t domid, uint64_t first, uint64_t nr, unsigned int order)
{
    xen_pfn_t gfns[1024];

    assert_true(nr <= ARRAY_SIZE(gfns));
    for (uint64_t i = 0; i < nr; i++)
        gfns[i] = first + (i << order);
    return reservation(XENMEM_decrease_reservation, domid, gfns, nr, order, 0);
}

static inline struct xen_domctl_getdomaininfo info_of(domid_t domid)
{
    struct xen_domctl op = {0};

    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, domid, &op), 0);
    return op.u.getdomaininfo;
}

#define TEST(f)   cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TEST_U(f) cmocka_unit_test_setup_teardown(f, setup_unprivileged, teardown)
