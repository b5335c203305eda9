/* SPDX-License-Identifier: MIT */
/* The operations on grant tables besides map and unmap: sizes, versions, copies, and lists of all. */
#include "grant_test.h"

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
    c = copy_args(GNTCOPY_source_gref, 9, 1);
    c.source.domid = 30009; /* there is none */
    assert_int_equal(copy_status(c), GNTST_bad_domain);
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
        PEERS(test_setup_table), PEERS(test_empty_pool), PEERS(test_limits),    PEERS(test_versions),
        PEERS(test_copy),        PEERS(test_replace),    PEERS(test_long_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
