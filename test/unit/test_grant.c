/* SPDX-License-Identifier: MIT */
/* Grant tables: what is granted can be used and nothing else, and no page goes while somebody uses it. */
#include "event_test.h"
#include "grant_table.h"
#include "hvm/p2m_table.h"
#include <xen/grant_table.h>

#define PAGES 16U
#define TABLE 100U /* where guests see their tables */
#define AT    200U /* and where they map */

static struct vcpu *a, *b; /* a grants, b uses */

static struct vcpu *new_peer(void)
{
    struct vcpu *was = caller, *v = new_guest(1, 64);
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = TABLE};

    assert_int_equal(populate(v->domain->domid, 0, PAGES, 0, 0), PAGES);
    as(v);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0), 0);
    as(was);
    return v;
}

static int setup_peers(void **state UNUSED)
{
    setup_caller(true);
    a = new_peer();
    b = new_peer();
    return 0;
}

static struct grant_entry_v1 *entry(struct vcpu *v, grant_ref_t ref)
{
    return (struct grant_entry_v1 *)(void *)host_gfn_ptr(v->domain, gfn(TABLE)) + ref;
}

static void grant(grant_ref_t ref, uint32_t frame, uint16_t flags)
{
    *entry(a, ref) = (struct grant_entry_v1){(uint16_t)(GTF_permit_access | flags), b->domain->domid, frame};
}

static int64_t grant_op(struct vcpu *v, unsigned int cmd, void *list, unsigned int nr)
{
    struct vcpu *was = caller;
    int64_t rc;

    as(v);
    rc = hcall(__HYPERVISOR_grant_table_op, cmd, ptr(list), nr);
    as(was);
    return rc;
}

/* A handle, or a status. */
static int64_t map_flags(struct vcpu *v, grant_ref_t ref, uint64_t at, uint32_t flags)
{
    struct gnttab_map_grant_ref m = {
        .host_addr = at << PAGE_SHIFT, .flags = flags, .ref = ref, .dom = a->domain->domid, .status = 99};

    assert_int_equal(grant_op(v, GNTTABOP_map_grant_ref, &m, 1), 0);
    assert_int_equal(m.dev_bus_addr, 0);
    return m.status ? m.status : (int64_t)m.handle;
}

static int64_t map(struct vcpu *v, grant_ref_t ref, uint64_t at)
{
    return map_flags(v, ref, at, GNTMAP_host_map);
}

static int unmap(struct vcpu *v, int64_t handle, uint64_t at)
{
    struct gnttab_unmap_grant_ref u = {
        .host_addr = at << PAGE_SHIFT, .handle = (grant_handle_t)handle, .status = 99};

    assert_int_equal(grant_op(v, GNTTABOP_unmap_grant_ref, &u, 1), 0);
    return u.status;
}

static enum p2m_type type_at(struct vcpu *v, uint64_t g)
{
    return p2m_lookup(&v->domain->arch, gfn(g), NULL, NULL);
}

static char *page_of(struct vcpu *v, uint64_t g)
{
    return host_gfn_ptr(v->domain, gfn(g));
}

static uint32_t uses(struct vcpu *v, uint64_t g)
{
    mfn_t m;

    p2m_lookup(&v->domain->arch, gfn(g), &m, NULL);
    return (mfn_to_page(m)->count_info & PGC_COUNT_MASK) - 1;
}

static void test_map(void **state UNUSED)
{
    int64_t h;

    grant(9, 3, 0);
    h = map(b, 9, AT);
    assert_true(h >= 0);
    assert_int_equal(type_at(b, AT), P2M_GRANT);
    assert_ptr_equal(page_of(b, AT), page_of(a, 3));
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(uses(a, 3), 1);
    assert_int_equal(unmap(b, h, AT + 1), GNTST_general_error);
    assert_int_equal(unmap(b, h, AT), GNTST_okay);
    assert_int_equal(type_at(b, AT), P2M_NONE);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access);
    assert_int_equal(uses(a, 3), 0);
    assert_int_equal(unmap(b, h, AT), GNTST_bad_handle);
}

static void test_read_only(void **state UNUSED)
{
    int64_t h, h2;

    grant(9, 3, GTF_readonly);
    assert_int_equal(map(b, 9, AT), GNTST_general_error);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_readonly);
    h = map_flags(b, 9, AT, GNTMAP_host_map | GNTMAP_readonly);
    assert_true(h >= 0);
    assert_int_equal(type_at(b, AT), P2M_GRANT_RO);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_readonly | GTF_reading);
    h2 = map_flags(b, 9, AT + 1, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(unmap(b, h, AT), 0);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_readonly | GTF_reading);
    assert_int_equal(unmap(b, h2, AT + 1), 0);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_readonly);
}

static bool is_writable(struct vcpu *v, uint64_t g) NO_LOCK_CHECK
{
    unsigned int level;

    return p2m_walk(&v->domain->arch, gfn(g), &level) & P2M_WRITE;
}

/* The nested table itself forbids to write. */
static void test_read_only_is_not_writable(void **state UNUSED)
{
    grant(9, 3, 0);
    assert_true(map_flags(b, 9, AT, GNTMAP_host_map | GNTMAP_readonly) >= 0);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_reading);
    assert_true(map(b, 9, AT + 1) >= 0);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_false(is_writable(b, AT));
    assert_true(is_writable(b, AT + 1));
}

static void test_refusals(void **state UNUSED)
{
    struct gnttab_map_grant_ref m = {.flags = GNTMAP_host_map, .dom = 30009};

    assert_int_equal(map(b, 9, AT), GNTST_general_error); /* an empty entry */
    assert_int_equal(map(b, 512, AT), GNTST_bad_gntref);
    assert_int_equal(map(b, UINT32_MAX, AT), GNTST_bad_gntref);
    grant(9, 3, 0);
    assert_int_equal(map(a, 9, AT), GNTST_general_error); /* granted to b */
    entry(a, 9)->flags = GTF_accept_transfer;
    assert_int_equal(map(b, 9, AT), GNTST_general_error);
    grant(9, PAGES, 0);
    assert_int_equal(map(b, 9, AT), GNTST_bad_page);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access);
    grant(9, TABLE, 0); /* the hypervisor's page */
    assert_int_equal(map(b, 9, AT), GNTST_bad_page);
    grant(9, 3, 0);
    assert_int_equal(map(b, 9, 0), GNTST_bad_virt_addr); /* b's memory is there, and stays */
    assert_int_equal(type_at(b, 0), P2M_RAM);
    assert_int_equal(map(b, 9, P2M_MAX_GFN), GNTST_bad_virt_addr);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access);
    assert_int_equal(uses(a, 3), 0);
    assert_int_equal(map_flags(b, 9, AT, 0), GNTST_general_error);
    assert_int_equal(map_flags(b, 9, AT, GNTMAP_host_map | GNTMAP_contains_pte), GNTST_general_error);
    assert_int_equal(map_flags(b, 9, AT, GNTMAP_host_map | GNTMAP_device_map), GNTST_general_error);
    assert_int_equal(grant_op(b, GNTTABOP_map_grant_ref, &m, 1), 0);
    assert_int_equal(m.status, GNTST_bad_domain);
    assert_int_equal(unmap(b, 0, AT), GNTST_bad_handle);
    assert_int_equal(unmap(b, UINT32_MAX, AT), GNTST_bad_handle);
}

/* What is granted by somebody else, the first use decided. */
static void test_first_use_counts(void **state UNUSED)
{
    grant(9, 3, 0);
    assert_true(map(b, 9, AT) >= 0);
    grant(9, 4, 0);
    assert_true(map(b, 9, AT + 1) >= 0);
    assert_ptr_equal(page_of(b, AT + 1), page_of(a, 3));
    assert_int_equal(uses(a, 3), 2);
    assert_int_equal(uses(a, 4), 0);
}

static void test_use_count_is_bounded(void **state UNUSED)
{
    grant(9, 3, 0);
    for (unsigned int i = 0; i < UINT8_MAX; i++)
        assert_int_equal(map(b, 9, AT + i), i);
    assert_int_equal(map(b, 9, AT + UINT8_MAX), GNTST_general_error);
    assert_true(map_flags(b, 9, AT + UINT8_MAX, GNTMAP_host_map | GNTMAP_readonly) >= 0);
    assert_int_equal(unmap(b, 17, AT + 17), 0);
    assert_int_equal(map(b, 9, AT + 17), 17); /* its handle is free again */
}

/* caller.h allows two pages of handles. */
static void test_handles_end(void **state UNUSED)
{
    const unsigned int nr = 2 * MAPPINGS_PER_PAGE;

    for (unsigned int i = 0; i <= nr / UINT8_MAX; i++)
        grant(i, 3, 0);
    for (unsigned int i = 0; i < nr; i++)
        assert_int_equal(map(b, i / UINT8_MAX, AT + i), i);
    assert_int_equal(map(b, nr / UINT8_MAX, AT + nr), GNTST_no_space);
}

/* Other calls leave a mapped grant alone: only unmap knows what belongs to it. */
static void test_other_calls(void **state UNUSED)
{
    struct xen_remove_from_physmap r = {DOMID_SELF, AT};
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = AT};
    const domid_t domid = b->domain->domid;
    struct vcpu *was = caller;
    int64_t h;

    grant(9, 3, 0);
    h = map(b, 9, AT);
    as(b);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, ptr(&r), 0), -EINVAL);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0), -EINVAL);
    assert_int_equal(decrease(domid, AT, 1, 0), 0);
    assert_int_equal(populate(domid, AT, 1, 0, 0), 0);
    as(was);
    assert_int_equal(unmap(b, h, AT), 0);
}

/* The page that its owner gives up stays in its quota, and goes with the last use. */
static void test_page_given_up(void **state UNUSED)
{
    const domid_t domid = a->domain->domid;
    char *page = page_of(a, 3);
    int64_t h, h2;

    grant(9, 3, 0);
    h = map(b, 9, AT);
    strcpy(page, "still there");
    assert_int_equal(decrease(domid, 3, 1, 0), 1);
    assert_int_equal(info_of(domid).tot_pages, PAGES);
    assert_string_equal(page_of(b, AT), "still there");
    h2 = map(b, 9, AT + 1);
    assert_int_equal(h2, GNTST_bad_page); /* no new use */
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(unmap(b, h, AT), 0);
    assert_int_equal(info_of(domid).tot_pages, PAGES - 1);
}

static void test_owner_ends_first(void **state UNUSED)
{
    const domid_t domid = a->domain->domid;
    struct xen_domctl op = {0};
    int64_t h;

    grant(9, 3, 0);
    h = map(b, 9, AT);
    strcpy(page_of(a, 3), "still there");
    assert_int_equal(destroy(domid), 0);
    assert_string_equal(page_of(b, AT), "still there");
    assert_int_equal(info_of(domid).tot_pages, 1);
    assert_int_equal(map(b, 9, AT + 1), GNTST_bad_gntref);
    assert_int_equal(unmap(b, h, AT), 0);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, domid, &op) || op.domain != domid, 1);
}

static void test_user_ends_first(void **state UNUSED)
{
    grant(9, 3, 0);
    for (unsigned int i = 0; i < 20; i++)
        assert_true(map_flags(b, 9, AT + i, GNTMAP_host_map | (i & 1 ? GNTMAP_readonly : 0)) >= 0);
    assert_int_equal(uses(a, 3), 20);
    assert_int_equal(destroy(b->domain->domid), 0);
    assert_int_equal(uses(a, 3), 0);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access);
}

/* A domain that maps what it has granted to itself. */
static void test_own_grant(void **state UNUSED)
{
    *entry(a, 9) = (struct grant_entry_v1){GTF_permit_access, a->domain->domid, 3};
    assert_true(map(a, 9, AT) >= 0);
    assert_ptr_equal(page_of(a, AT), page_of(a, 3));
    assert_int_equal(destroy(a->domain->domid), 0);
}

static void test_setup_table(void **state UNUSED)
{
    xen_pfn_t frames[5] = {0, 0, 0, 0, 77};
    struct gnttab_setup_table s = {.dom = DOMID_SELF, .nr_frames = 4, .frame_list = {frames}, .status = 99};
    struct gnttab_query_size q = {.dom = DOMID_SELF, .status = 99};

    assert_int_equal(grant_op(a, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.status, 0);
    assert_int_equal(q.nr_frames, 1);
    assert_int_equal(q.max_nr_frames, 4);
    assert_int_equal(grant_op(a, GNTTABOP_setup_table, &s, 1), 0);
    assert_int_equal(s.status, 0);
    assert_int_equal(frames[0], TABLE);
    assert_int_equal(frames[3], UINT64_MAX); /* the guest does not see it yet */
    assert_int_equal(frames[4], 77);
    assert_int_equal(grant_op(a, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.nr_frames, 4);
    s.nr_frames = 5;
    assert_int_equal(grant_op(a, GNTTABOP_setup_table, &s, 1), 0);
    assert_int_equal(s.status, GNTST_general_error);
    s.nr_frames = 1;
    s.frame_list.p = (xen_pfn_t *)BAD_PTR;
    assert_int_equal(grant_op(a, GNTTABOP_setup_table, &s, 1), -EFAULT);
    assert_int_equal(grant_op(a, GNTTABOP_setup_table, &s, 2), -EINVAL);
    s.dom = q.dom = b->domain->domid;
    assert_int_equal(grant_op(a, GNTTABOP_setup_table, &s, 1), 0);
    assert_int_equal(s.status, GNTST_permission_denied);
    assert_int_equal(grant_op(a, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.status, GNTST_permission_denied);
    assert_int_equal(grant_op(caller, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.status, 0);
    q.dom = 30009;
    assert_int_equal(grant_op(caller, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.status, GNTST_bad_domain);
}

/* Without a pool there is no table, and with a small one half of one; more pages help. */
static void test_empty_pool(void **state UNUSED)
{
    struct xen_domctl op = create_args();
    struct gnttab_setup_table s = {.nr_frames = 1};

    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    s.dom = op.domain;
    for (unsigned int pages = 0; pages < 4; pages++) {
        xen_pfn_t frame;

        s.frame_list.p = &frame;
        assert_int_equal(set_pool(op.domain, pages * PAGE_SIZE), 0);
        assert_int_equal(grant_op(caller, GNTTABOP_setup_table, &s, 1), 0);
        assert_int_equal(s.status, pages < 3 ? GNTST_general_error : 0);
    }
    assert_int_equal(destroy(op.domain), 0);
}

static void test_limits(void **state UNUSED)
{
    static const struct {
        int32_t asked;
        uint32_t expected;
    } table[] = {{0, 0}, {3, 3}, {-1, MAX_GRANT_FRAMES}, {1000, MAX_GRANT_FRAMES}};

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        struct xen_domctl op = create_args();
        struct gnttab_query_size q = {0};

        op.u.createdomain.max_grant_frames = table[i].asked;
        assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
        q.dom = op.domain;
        assert_int_equal(grant_op(caller, GNTTABOP_query_size, &q, 1), 0);
        assert_int_equal(q.nr_frames, 0);
        assert_int_equal(q.max_nr_frames, table[i].expected);
        assert_int_equal(destroy(op.domain), 0);
    }
}

static void test_versions(void **state UNUSED)
{
    struct gnttab_set_version s = {1};
    struct gnttab_get_version g = {.dom = DOMID_SELF, .version = 99};

    assert_int_equal(grant_op(a, GNTTABOP_set_version, &s, 1), 0);
    s.version = 2;
    assert_int_equal(grant_op(a, GNTTABOP_set_version, &s, 1), -ENOSYS);
    s.version = 3;
    assert_int_equal(grant_op(a, GNTTABOP_set_version, &s, 1), -EINVAL);
    assert_int_equal(grant_op(a, GNTTABOP_get_version, &g, 1), 0);
    assert_int_equal(g.version, 1);
    g.dom = b->domain->domid;
    assert_int_equal(grant_op(a, GNTTABOP_get_version, &g, 1), -EPERM);
    g.dom = 30009;
    assert_int_equal(grant_op(caller, GNTTABOP_get_version, &g, 1), -ESRCH);
    assert_int_equal(grant_op(a, GNTTABOP_transfer, &g, 1), -ENOSYS);
    assert_int_equal(grant_op(a, GNTTABOP_dump_table, &g, 1), -ENOSYS);
    assert_int_equal(grant_op(a, 1000, &g, 1), -ENOSYS);
}

static struct gnttab_copy copy_args(uint16_t flags, uint64_t source, uint64_t dest)
{
    struct gnttab_copy c = {.flags = flags, .len = 6, .status = 99};

    c.source.u.gmfn = source;
    c.dest.u.gmfn = dest;
    c.source.domid = flags & GNTCOPY_source_gref ? a->domain->domid : DOMID_SELF;
    c.dest.domid = flags & GNTCOPY_dest_gref ? a->domain->domid : DOMID_SELF;
    return c;
}

static int copy_status(struct gnttab_copy c)
{
    assert_int_equal(grant_op(b, GNTTABOP_copy, &c, 1), 0);
    return c.status;
}

static void test_copy(void **state UNUSED)
{
    struct gnttab_copy c = copy_args(GNTCOPY_source_gref, 9, 1);

    grant(9, 3, GTF_readonly);
    grant(10, 4, 0);
    strcpy(page_of(a, 3) + 100, "hello");
    c.source.offset = 100;
    c.dest.offset = PAGE_SIZE - 6;
    assert_int_equal(copy_status(c), 0);
    assert_string_equal(page_of(b, 1) + PAGE_SIZE - 6, "hello");
    c.dest.offset++;
    assert_int_equal(copy_status(c), GNTST_bad_copy_arg);
    c = copy_args(GNTCOPY_source_gref | GNTCOPY_dest_gref, 9, 10);
    c.source.offset = 100;
    assert_int_equal(copy_status(c), 0);
    assert_string_equal(page_of(a, 4), "hello");
    assert_int_equal(copy_status(copy_args(0, 1, 2)), 0);
    assert_int_equal(copy_status(copy_args(GNTCOPY_dest_gref, 1, 9)), GNTST_general_error);
    assert_int_equal(copy_status(copy_args(GNTCOPY_dest_gref, 1, 11)), GNTST_general_error);
    assert_int_equal(copy_status(copy_args(0, 1, PAGES)), GNTST_bad_page);
    c = copy_args(0, 1, 2);
    c.dest.domid = a->domain->domid;
    assert_int_equal(copy_status(c), GNTST_permission_denied);
    assert_int_equal(entry(a, 9)->flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(entry(a, 10)->flags, GTF_permit_access);
    assert_int_equal(uses(a, 3) + uses(a, 4) + uses(b, 1) + uses(b, 2), 0);
}

static void test_replace(void **state UNUSED)
{
    struct gnttab_unmap_and_replace r = {.host_addr = AT << PAGE_SHIFT, .new_addr = PAGE_SIZE};

    grant(9, 3, 0);
    r.handle = (grant_handle_t)map(b, 9, AT);
    assert_int_equal(grant_op(b, GNTTABOP_unmap_and_replace, &r, 1), 0);
    assert_int_equal(r.status, GNTST_general_error);
    r.new_addr = 0;
    assert_int_equal(grant_op(b, GNTTABOP_unmap_and_replace, &r, 1), 0);
    assert_int_equal(r.status, 0);
    assert_int_equal(type_at(b, AT), P2M_NONE);
}

/* Longer than one step: each structure has its result in the end, also what comes before one that faults. */
static void test_long_list(void **state UNUSED)
{
    static struct gnttab_map_grant_ref list[200];
    static struct gnttab_unmap_grant_ref back[200];
    const unsigned int nr = ARRAY_SIZE(list);

    call_budget = 7;
    grant(9, 3, 0);
    for (unsigned int i = 0; i < nr; i++)
        list[i] = (struct gnttab_map_grant_ref){.host_addr = (AT + i) << PAGE_SHIFT,
                                                .flags = GNTMAP_host_map,
                                                .ref = 9,
                                                .dom = a->domain->domid,
                                                .status = 99};
    assert_int_equal(grant_op(b, GNTTABOP_map_grant_ref, list, nr), 0);
    assert_int_equal(uses(a, 3), nr);
    for (unsigned int i = 0; i < nr; i++) {
        assert_int_equal(list[i].status, 0);
        back[i] = (struct gnttab_unmap_grant_ref){.host_addr = list[i].host_addr, .handle = list[i].handle};
    }
    assert_int_equal(grant_op(b, GNTTABOP_unmap_grant_ref, back, nr), 0);
    call_budget = CALL_BUDGET;
    assert_int_equal(uses(a, 3), 0);
    assert_int_equal(grant_op(b, GNTTABOP_map_grant_ref, list, 0), 0);
    assert_int_equal(grant_op(b, GNTTABOP_map_grant_ref, list, 1U << 31), -EINVAL);
    assert_int_equal(grant_op(b, GNTTABOP_map_grant_ref, (void *)BAD_PTR, 1), -EFAULT);
}

#define PEERS(f) cmocka_unit_test_setup_teardown(f, setup_peers, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* clang-format off */
        PEERS(test_map), PEERS(test_read_only), PEERS(test_read_only_is_not_writable),
        PEERS(test_refusals), PEERS(test_first_use_counts), PEERS(test_use_count_is_bounded),
        PEERS(test_handles_end), PEERS(test_other_calls), PEERS(test_page_given_up),
        PEERS(test_owner_ends_first), PEERS(test_user_ends_first), PEERS(test_own_grant),
        PEERS(test_setup_table), PEERS(test_empty_pool), PEERS(test_limits),
        PEERS(test_versions), PEERS(test_copy), PEERS(test_replace),
        PEERS(test_long_list),
        /* clang-format on */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
