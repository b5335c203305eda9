/* SPDX-License-Identifier: MIT */
/* For tests of grant tables: one domain that grants, one that uses, and short forms of the calls. */
#pragma once

#include "event_test.h"
#include "grant_table.h"
#include "hvm/p2m_table.h"
#include <xen/grant_table.h>

#define PAGES 16U
#define TABLE 100U /* where guests see their tables */
#define AT    200U /* and where they map */

static struct vcpu *a, *b; /* a grants, b uses */

static inline struct vcpu *new_peer(void)
{
    struct vcpu *was = caller, *v = new_guest(1, 64);
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = TABLE};

    assert_int_equal(populate(v->domain->domid, 0, PAGES, 0, 0), PAGES);
    as(v);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0), 0);
    as(was);
    return v;
}

static inline int setup_peers(void **state UNUSED)
{
    setup_caller(true);
    a = new_peer();
    b = new_peer();
    return 0;
}

static inline struct grant_entry_v1 *entry(struct vcpu *v, grant_ref_t ref)
{
    return (struct grant_entry_v1 *)(void *)host_gfn_ptr(v->domain, gfn(TABLE)) + ref;
}

static inline void grant(grant_ref_t ref, uint32_t frame, uint16_t flags)
{
    *entry(a, ref) = (struct grant_entry_v1){(uint16_t)(GTF_permit_access | flags), b->domain->domid, frame};
}

static inline int64_t grant_op(struct vcpu *v, unsigned int cmd, void *list, unsigned int nr)
{
    struct vcpu *was = caller;
    int64_t rc;

    as(v);
    rc = hcall(__HYPERVISOR_grant_table_op, cmd, ptr(list), nr);
    as(was);
    return rc;
}

/* A handle, or a status. */
static inline int64_t map_flags(struct vcpu *v, grant_ref_t ref, uint64_t at, uint32_t flags)
{
    struct gnttab_map_grant_ref m = {
        .host_addr = at << PAGE_SHIFT, .flags = flags, .ref = ref, .dom = a->domain->domid, .status = 99};

    assert_int_equal(grant_op(v, GNTTABOP_map_grant_ref, &m, 1), 0);
    assert_int_equal(m.dev_bus_addr, 0);
    return m.status ? m.status : (int64_t)m.handle;
}

static inline int64_t map(struct vcpu *v, grant_ref_t ref, uint64_t at)
{
    return map_flags(v, ref, at, GNTMAP_host_map);
}

static inline int unmap(struct vcpu *v, int64_t handle, uint64_t at)
{
    struct gnttab_unmap_grant_ref u = {
        .host_addr = at << PAGE_SHIFT, .handle = (grant_handle_t)handle, .status = 99};

    assert_int_equal(grant_op(v, GNTTABOP_unmap_grant_ref, &u, 1), 0);
    return u.status;
}

static inline enum p2m_type type_at(struct vcpu *v, uint64_t g)
{
    return p2m_lookup(&v->domain->arch, gfn(g), NULL, NULL);
}

static inline char *page_of(struct vcpu *v, uint64_t g)
{
    return host_gfn_ptr(v->domain, gfn(g));
}

static inline uint32_t uses(struct vcpu *v, uint64_t g)
{
    mfn_t m;

    p2m_lookup(&v->domain->arch, gfn(g), &m, NULL);
    return (mfn_to_page(m)->count_info & PGC_COUNT_MASK) - 1;
}
