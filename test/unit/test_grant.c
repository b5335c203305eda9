/* SPDX-License-Identifier: MIT */
/* Grant tables: what is granted can be used and nothing else, and no page goes while somebody uses it. */
#include "grant_test.h"

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

#define PEERS(f) cmocka_unit_test_setup_teardown(f, setup_peers, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEERS(test_map),
        PEERS(test_read_only),
        PEERS(test_read_only_is_not_writable),
        PEERS(test_refusals),
        PEERS(test_first_use_counts),
        PEERS(test_use_count_is_bounded),
        PEERS(test_handles_end),
        PEERS(test_other_calls),
        PEERS(test_page_given_up),
        PEERS(test_owner_ends_first),
        PEERS(test_user_ends_first),
        PEERS(test_own_grant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
