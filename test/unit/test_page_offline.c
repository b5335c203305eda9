/* SPDX-License-Identifier: MIT */
/* XEN_SYSCTL_page_offline_op, page_runs and what claiminfo says of them: statuses, errors, restarts. */
#include "buddy.h"
#include "caller.h"
#include "offline.h"

static uint64_t first_frame(nodeid_t node)
{
    return machine_node_range(node).start.v;
}

static int64_t page_op(uint32_t cmd, uint64_t start, uint64_t end, uint32_t *status)
{
    struct xen_sysctl op = {0};

    op.u.page_offline.cmd = cmd;
    op.u.page_offline.start = (uint32_t)start;
    op.u.page_offline.end = (uint32_t)end;
    set_xen_guest_handle_raw(op.u.page_offline.status, status);
    return sysctl(XEN_SYSCTL_page_offline_op, &op);
}

static uint32_t status_of(uint32_t cmd, uint64_t frame, int64_t expected)
{
    uint32_t status = 0xdead;

    assert_int_equal(page_op(cmd, frame, frame, &status), expected);
    return status;
}

#define offline(frame) status_of(sysctl_page_offline, frame, 0)
#define online(frame)  status_of(sysctl_page_online, frame, 0)
#define query(frame)   status_of(sysctl_query_page_offline, frame, 0)

static struct xen_sysctl_claiminfo claiminfo(domid_t domid, xen_claiminfo_node_t *nodes)
{
    struct xen_sysctl op = {0};

    allod_claiminfo(&op)->domid = domid;
    allod_claiminfo(&op)->nr_nodes = 2;
    set_xen_guest_handle_raw(allod_claiminfo(&op)->nodes, nodes);
    assert_int_equal(sysctl(XEN_SYSCTL_claiminfo, &op), 0);
    return *allod_claiminfo(&op);
}

/* Up to NR runs of these uses; what page_runs says of where to go on. */
static uint64_t page_runs(uint16_t uses, uint32_t node, domid_t domid, uint64_t first, uint32_t *nr,
                          struct xen_page_run *runs)
{
    struct xen_sysctl op = {0};
    struct xen_sysctl_page_runs *r = allod_page_runs(&op);

    *r = (struct xen_sysctl_page_runs){
        .first_mfn = first, .nr_runs = *nr, .node = node, .uses = uses, .domid = domid};
    set_xen_guest_handle_raw(r->runs, runs);
    assert_int_equal(sysctl(XEN_SYSCTL_page_runs, &op), 0);
    *nr = r->nr_runs;
    return r->first_mfn;
}

/* The first page of this use, node and owner. */
static uint64_t find_page_on(uint32_t node, unsigned int use, domid_t domid)
{
    uint64_t first = 0;
    struct xen_page_run run;
    uint32_t nr = 0;

    while (nr == 0 && first != ~0UL) {
        nr = 1;
        first = page_runs((uint16_t)(1U << use), node, domid, first, &nr, &run);
    }
    assert_int_equal(nr, 1);
    assert_int_equal(run.use, use);
    return run.mfn;
}

static uint64_t find_page(unsigned int use, domid_t domid)
{
    return find_page_on(ALLOD_ANY_NODE, use, domid);
}

static void test_a_free_page(void **state UNUSED)
{
    uint64_t frame = first_frame(0) + 5;
    xen_claiminfo_node_t nodes[2], before[2];

    claiminfo(DOMID_INVALID, before);
    assert_int_equal(query(frame), 0);
    assert_int_equal(offline(frame), PG_OFFLINE_OFFLINED);
    assert_int_equal(offline(frame), PG_OFFLINE_OFFLINED);
    assert_int_equal(query(frame), PG_OFFLINE_STATUS_OFFLINED);
    claiminfo(DOMID_INVALID, nodes);
    assert_int_equal(nodes[0].free, before[0].free - 1);
    assert_int_equal(nodes[0].offlined, 1);
    assert_int_equal(online(frame), PG_ONLINE_ONLINED);
    assert_int_equal(online(frame), 0);
    assert_int_equal(query(frame), 0);
}

static void test_an_owned_page(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint64_t frame;

    assert_int_equal(populate(domid, 0, 1, 0, 0), 1);
    frame = find_page(ALLOD_PAGE_OWNED, domid);
    assert_int_equal(offline(frame),
                     PG_OFFLINE_PENDING | PG_OFFLINE_OWNED | (uint32_t)domid << PG_OFFLINE_OWNER_SHIFT);
    assert_int_equal(query(frame), PG_OFFLINE_STATUS_OFFLINE_PENDING);
    assert_int_equal(claiminfo(domid, NULL).pending, 1);
    assert_int_equal(find_page(ALLOD_PAGE_PENDING, domid), frame);
    assert_int_equal(decrease(domid, 0, 1, 0), 1);
    assert_int_equal(query(frame), PG_OFFLINE_STATUS_OFFLINED);
    assert_int_equal(claiminfo(domid, NULL).pending, 0);
    assert_int_equal(online(frame), PG_ONLINE_ONLINED);
    assert_int_equal(destroy(domid), 0);
}

static void test_a_page_of_the_hypervisor(void **state UNUSED)
{
    uint64_t frame = find_page(ALLOD_PAGE_XEN, DOMID_INVALID);

    assert_int_equal(offline(frame),
                     PG_OFFLINE_PENDING | PG_OFFLINE_XENPAGE | (uint32_t)DOMID_XEN << PG_OFFLINE_OWNER_SHIFT);
    assert_int_equal(online(frame), PG_ONLINE_ONLINED);
}

static void test_a_broken_page(void **state UNUSED)
{
    uint64_t frame = first_frame(1) + 9;

    heap_offline_page(mfn(frame), true);
    assert_int_equal(offline(frame), PG_OFFLINE_OFFLINED | PG_OFFLINE_BROKEN);
    assert_int_equal(query(frame), PG_OFFLINE_STATUS_OFFLINED | PG_OFFLINE_STATUS_BROKEN);
    assert_int_equal(status_of(sysctl_page_online, frame, -EINVAL), PG_ONLINE_FAILED | PG_ONLINE_BROKEN);
    assert_int_equal(find_page(ALLOD_PAGE_BROKEN, DOMID_INVALID), frame);
}

static struct page_info *take(unsigned int order) NO_LOCK_CHECK
{
    struct page_info *pg;

    spin_lock(&heap_lock);
    pg = buddy_take(1, ZONE_LOW, ZONE_HIGH, order);
    spin_unlock(&heap_lock);
    assert_non_null(pg);
    return pg;
}

static void put(struct page_info *pg, unsigned int order) NO_LOCK_CHECK
{
    spin_lock(&heap_lock);
    buddy_put(pg, READ_ONCE(pg->node), order, PGC_DIRTY);
    spin_unlock(&heap_lock);
}

/* Another CPU writes a block's records at this moment: it is asked again, and finds it as it was. */
static void test_a_block_that_is_handed_out(void **state UNUSED)
{
    struct page_info *pg = take(2);
    const uint64_t frame = page_to_mfn(pg).v;

    hypercall_checks = false; /* the counters say that it is free */
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(offline(frame + i), PG_OFFLINE_FAILED | PG_OFFLINE_AGAIN);
        assert_int_equal(query(frame + i), 0);
    }
    assert_int_equal(claiminfo(DOMID_INVALID, NULL).pending, 0);
    put(pg, 2);
    hypercall_checks = true;
    assert_int_equal(offline(frame + 3), PG_OFFLINE_OFFLINED);
    assert_int_equal(online(frame + 3), PG_ONLINE_ONLINED);
}

static void test_what_is_no_ram(void **state UNUSED)
{
    uint64_t last = machine_node_range(1).end.v - 1;
    uint32_t status[3] = {0, 0, 0xdead};

    assert_int_equal(status_of(sysctl_page_offline, 1, -EINVAL), PG_OFFLINE_FAILED | PG_OFFLINE_NOT_CONV_RAM);
    assert_int_equal(status_of(sysctl_page_offline, 0xffffffffUL, -EINVAL),
                     PG_OFFLINE_FAILED | PG_OFFLINE_NOT_CONV_RAM);
    assert_int_equal(status_of(sysctl_page_online, 1, -EINVAL), PG_OFFLINE_INVALID);
    assert_int_equal(status_of(sysctl_query_page_offline, 1, -EINVAL), PG_OFFLINE_INVALID);

    assert_int_equal(page_op(sysctl_page_offline, last, last + 2, status), -EINVAL); /* it ends there */
    assert_true(status[0] & (PG_OFFLINE_OFFLINED | PG_OFFLINE_PENDING));
    assert_int_equal(status[1], PG_OFFLINE_FAILED | PG_OFFLINE_NOT_CONV_RAM);
    assert_int_equal(status[2], 0xdead);
    assert_int_equal(online(last), PG_ONLINE_ONLINED);
}

static void test_arguments(void **state UNUSED)
{
    uint64_t frame = first_frame(0);
    uint32_t status = 0;

    assert_int_equal(page_op(0, frame, frame, &status), -EINVAL);
    assert_int_equal(page_op(4, frame, frame, &status), -EINVAL);
    assert_int_equal(page_op(UINT32_MAX, frame, frame, &status), -EINVAL);
    assert_int_equal(page_op(sysctl_page_offline, frame + 1, frame, &status), -EINVAL);
    assert_int_equal(page_op(sysctl_query_page_offline, frame, frame, NULL), -EFAULT);
    assert_int_equal(page_op(sysctl_query_page_offline, frame, frame, (uint32_t *)~1UL), -EFAULT); /* wraps */
    assert_int_equal(status, 0);
}

/* A range beyond a call's budget comes back for the rest; the first page that fails ends it. */
static void test_a_long_range(void **state UNUSED)
{
    static uint32_t status[NODE_PAGES + 2];
    uint64_t first = first_frame(1), last = machine_node_range(1).end.v - 1;

    memset(status, 0xff, sizeof(status));
    assert_true(last - first > 4 * CALL_BUDGET);
    assert_int_equal(page_op(sysctl_page_offline, first, last, status), 0);
    for (uint64_t i = 0; i <= last - first; i++)
        assert_true(status[i] & (PG_OFFLINE_OFFLINED | PG_OFFLINE_PENDING));
    assert_int_equal(status[last - first + 1], UINT32_MAX);
    assert_int_equal(page_op(sysctl_page_online, first, last, status), 0);
    for (uint64_t i = 0; i <= last - first; i++)
        assert_int_equal(status[i], PG_ONLINE_ONLINED);

    memset(status, 0xff, sizeof(status));
    heap_offline_page(mfn(first + 2), true);
    assert_int_equal(page_op(sysctl_page_online, first, first + 4, status), -EINVAL);
    assert_int_equal(status[1], 0);
    assert_int_equal(status[2], PG_ONLINE_FAILED | PG_ONLINE_BROKEN);
    assert_int_equal(status[3], UINT32_MAX);
}

static void test_recalled_claims_are_told(void **state UNUSED)
{
    domid_t domid = new_domain();
    xen_claiminfo_node_t nodes[2];
    uint64_t frame;

    claiminfo(DOMID_INVALID, nodes);
    assert_int_equal(set_max(domid, 2 * NODE_PAGES), 0);
    assert_int_equal(claim_node(domid, 1, nodes[1].free), 0);
    frame = find_page_on(1, ALLOD_PAGE_FREE, DOMID_INVALID);
    assert_int_equal(offline(frame), PG_OFFLINE_OFFLINED);
    assert_int_equal(claiminfo(domid, NULL).domain_recalled, 1);
    assert_int_equal(claiminfo(caller->domain->domid, NULL).domain_recalled, 0);
    assert_int_equal(claiminfo(DOMID_INVALID, NULL).recalled, 1);
    assert_int_equal(info_of(domid).outstanding_pages, nodes[1].free - 1);
    assert_int_equal(online(frame), PG_ONLINE_ONLINED);
    assert_int_equal(info_of(domid).outstanding_pages, nodes[1].free - 1);
    assert_int_equal(destroy(domid), 0);
}

/* All runs together are all pages of the heap, once, and they agree with the counters. */
static void test_runs_cover_the_heap(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_page_run runs[3];
    uint64_t first = 0, end = 0, pages[ALLOD_PAGE_BROKEN + 1] = {0};
    struct heap_info info;

    assert_int_equal(populate(domid, 0, 100, 0, XENMEMF_exact_node(1)), 100);
    assert_int_equal(decrease(domid, 50, 3, 0), 3);
    offline(first_frame(0) + 77);
    while (first != ~0UL) {
        uint32_t nr = ARRAY_SIZE(runs);

        first = page_runs(0xffff, ALLOD_ANY_NODE, DOMID_INVALID, first, &nr, runs);
        for (uint32_t i = 0; i < nr; i++) {
            assert_true(runs[i].mfn >= end);
            end = runs[i].mfn + runs[i].nr_pages;
            pages[runs[i].use] += runs[i].nr_pages;
            assert_int_equal(runs[i].node, runs[i].mfn >= first_frame(1));
        }
    }
    heap_info(&info);
    assert_int_equal(pages[ALLOD_PAGE_FREE], info.avail_pages);
    assert_int_equal(pages[ALLOD_PAGE_OFFLINED], 1);
    assert_int_equal(pages[ALLOD_PAGE_OWNED], 97);
    assert_int_equal(pages[ALLOD_PAGE_FREE] + pages[ALLOD_PAGE_OFFLINED] + pages[ALLOD_PAGE_OWNED] +
                         pages[ALLOD_PAGE_XEN],
                     info.total_pages);
    online(first_frame(0) + 77);
    assert_int_equal(destroy(domid), 0);
}

/* Without room for any there are none, and the next call begins where this one did. */
static void test_no_room_for_runs(void **state UNUSED)
{
    struct xen_page_run run = {.nr_pages = 77};
    uint32_t nr = 0;

    assert_int_equal(page_runs(0xffff, ALLOD_ANY_NODE, DOMID_INVALID, 5, &nr, &run), 5);
    assert_int_equal(nr, 0);
    assert_int_equal(run.nr_pages, 77);
}

static int teardown_broken(void **state UNUSED)
{
    host_shutdown();
    machine_destroy();
    return 0;
}

static void test_unprivileged(void **state UNUSED)
{
    uint32_t status = 0;

    assert_int_equal(page_op(sysctl_page_offline, first_frame(0), first_frame(0), &status), -EPERM);
    assert_int_equal(status, 0);
}

#define TEST_BROKEN(f) cmocka_unit_test_setup_teardown(f, setup, teardown_broken)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_free_page),
        TEST(test_an_owned_page),
        TEST(test_a_page_of_the_hypervisor),
        TEST_BROKEN(test_a_broken_page),
        TEST(test_a_block_that_is_handed_out),
        TEST(test_what_is_no_ram),
        TEST(test_arguments),
        TEST_BROKEN(test_a_long_range),
        TEST(test_recalled_claims_are_told),
        TEST(test_runs_cover_the_heap),
        TEST(test_no_room_for_runs),
        TEST_U(test_unprivileged),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
