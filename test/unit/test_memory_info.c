/* SPDX-License-Identifier: MIT */
/* memory_op: questions about memory, pages of the hypervisor in the guest's space, memory maps, virtual NUMA.
 */
#include "caller.h"
#include "host_info.h"
#include <sys/mman.h>

static int64_t memory_op(uint64_t cmd, void *arg)
{
    return hcall(__HYPERVISOR_memory_op, cmd, ptr(arg), 0);
}

static void test_reservations(void **state UNUSED)
{
    domid_t domid = new_domain(), nobody = 30009;

    assert_int_equal(memory_op(XENMEM_current_reservation, &domid), 0);
    assert_int_equal(memory_op(XENMEM_maximum_reservation, &domid), 4096);
    assert_int_equal(memory_op(XENMEM_maximum_gpfn, &domid), 0);
    assert_int_equal(populate(domid, 512, 1, 9, 0), 1);
    assert_int_equal(memory_op(XENMEM_current_reservation, &domid), 512);
    assert_int_equal(memory_op(XENMEM_maximum_gpfn, &domid), 1023);
    assert_int_equal(decrease(domid, 1023, 1, 0), 1);
    assert_int_equal(memory_op(XENMEM_maximum_gpfn, &domid), 1023); /* that ever was */
    assert_int_equal(memory_op(XENMEM_current_reservation, &nobody), -ESRCH);
    assert_int_equal(memory_op(XENMEM_current_reservation, (void *)BAD_PTR), -EFAULT);
    assert_int_equal(memory_op(XENMEM_current_reservation | 1 << 6, &domid), -EINVAL);
    host_info.max_mfn = mfn(0x1234);
    assert_int_equal(memory_op(XENMEM_maximum_ram_page, NULL), 0x1235);
    assert_int_equal(memory_op(XENMEM_maximum_ram_page | 1 << 6, NULL), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

/* The pages are the domain's, have no address, redeem claims, and go with it. */
static void test_increase(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(claim_node(domid, 1, 20), 0);
    assert_int_equal(reservation(XENMEM_increase_reservation, domid, NULL, 3, 2, XENMEMF_exact_node(1)), 3);
    assert_int_equal(info_of(domid).tot_pages, 12);
    assert_int_equal(info_of(domid).outstanding_pages, 8);
    assert_int_equal(reservation(XENMEM_increase_reservation, domid, NULL, 5000, 0, 0), 4084); /* max_pages */
    assert_int_equal(reservation(XENMEM_increase_reservation, domid, NULL, 1, 19, 0), 0);
    assert_int_equal(reservation(XENMEM_increase_reservation, 30009, NULL, 1, 0, 0), 0);
    assert_int_equal(destroy(domid), 0);
}

static int64_t add(domid_t domid, unsigned int space, uint64_t idx, uint64_t at)
{
    struct xen_add_to_physmap a = {.domid = domid, .space = space, .idx = idx, .gpfn = at};

    return memory_op(XENMEM_add_to_physmap, &a);
}

/* One page, wherever it is mapped: it moves, and what was there is freed. */
static void test_shared_info(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);
    char *page;

    assert_int_equal(info_of(domid).shared_info_frame, ~0UL);
    assert_int_equal(populate(domid, 0, 8, 0, 0), 8);
    assert_int_equal(add(domid, XENMAPSPACE_shared_info, 0, 100), 0);
    page = host_gfn_ptr(d, gfn(100));
    assert_non_null(page);
    assert_int_equal(page[0] | page[PAGE_SIZE - 1], 0);
    assert_int_equal(info_of(domid).shared_info_frame, 100);
    assert_int_equal(info_of(domid).tot_pages, 8); /* none of its own */
    assert_int_equal(add(domid, XENMAPSPACE_shared_info, 0, 3), 0);
    assert_null(host_gfn_ptr(d, gfn(100)));
    assert_ptr_equal(host_gfn_ptr(d, gfn(3)), page);
    assert_int_equal(info_of(domid).tot_pages, 7);
    assert_int_equal(add(domid, XENMAPSPACE_shared_info, 0, 3), 0); /* again, where it is */
    assert_int_equal(decrease(domid, 3, 1, 0), 0);                  /* no memory of its own */
    assert_int_equal(add(domid, XENMAPSPACE_shared_info, 1, 3), -EINVAL);
    assert_int_equal(add(domid, XENMAPSPACE_shared_info, 0, P2M_MAX_GFN), -EINVAL);
    assert_int_equal(add(domid, XENMAPSPACE_gmfn, 0, 3), -EINVAL);
    assert_int_equal(add(30009, XENMAPSPACE_shared_info, 0, 3), -ESRCH);
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

static void test_grant_frames(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);
    struct xen_remove_from_physmap r = {domid, 201};

    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(add(domid, XENMAPSPACE_grant_table, i, 200 + i), 0);
    assert_int_equal(add(domid, XENMAPSPACE_grant_table, 4, 300), -EINVAL); /* its builder allows 4 */
    assert_int_equal(add(domid, XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status, 300), -EINVAL);
    assert_ptr_not_equal(host_gfn_ptr(d, gfn(200)), host_gfn_ptr(d, gfn(201)));
    assert_int_equal(memory_op(XENMEM_remove_from_physmap, &r), 0);
    assert_null(host_gfn_ptr(d, gfn(201)));
    assert_int_equal(populate(domid, 201, 1, 0, 0), 1);
    assert_int_equal(add(domid, XENMAPSPACE_grant_table, 1, 400), 0); /* the memory at 201 stays */
    assert_non_null(host_gfn_ptr(d, gfn(201)));
    assert_int_equal(info_of(domid).tot_pages, 1);
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

/* Pages come from the paging pool, so a host without unclaimed memory is no obstacle; an empty pool is. */
static void test_pages_from_pool(void **state UNUSED)
{
    domid_t domid = new_domain(), poor = new_domain();
    struct xen_sysctl phys = {0};

    assert_int_equal(set_pool(poor, 0), 0);
    assert_int_equal(add(poor, XENMAPSPACE_shared_info, 0, 1), -ENOMEM);
    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &phys), 0);
    assert_int_equal(set_max(domid, 1UL << 20), 0);
    assert_int_equal(claim_node(domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, phys.u.physinfo.free_pages), 0);
    assert_int_equal(add(domid, XENMAPSPACE_shared_info, 0, 1), 0);
    assert_int_equal(destroy(domid), 0);
    assert_int_equal(destroy(poor), 0);
}

static int64_t set_map(domid_t domid, const void *entries, unsigned int nr)
{
    struct xen_foreign_memory_map m = {domid, {nr, {(void *)(uintptr_t)entries}}};

    return memory_op(XENMEM_set_memory_map, &m);
}

/* Entries of 20 bytes; the guest gets as many as it has room for, and their number. */
static void test_memory_map(void **state UNUSED)
{
    uint8_t in[60], out[61] = {0};
    struct xen_memory_map m = {2, {out}};

    for (unsigned int i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i + 1);
    assert_int_equal(memory_op(XENMEM_memory_map, &m), -ENOSYS); /* none was set */
    assert_int_equal(set_map(DOMID_SELF, in, 129), -EINVAL);
    assert_int_equal(set_map(30009, in, 3), -ESRCH);
    assert_int_equal(set_map(DOMID_SELF, in, 3), -ENOMEM); /* no pool yet */
    assert_int_equal(set_pool(caller->domain->domid, POOL_BYTES), 0);
    assert_int_equal(set_map(DOMID_SELF, in, 3), 0);
    assert_int_equal(memory_op(XENMEM_memory_map, &m), 0);
    assert_int_equal(m.nr_entries, 2);
    assert_memory_equal(out, in, 40);
    assert_int_equal(out[40], 0);
    assert_int_equal(set_map(DOMID_SELF, (void *)BAD_PTR, 3), -EFAULT);
    m.nr_entries = 100;
    assert_int_equal(memory_op(XENMEM_memory_map, &m), 0); /* the old one is still there */
    assert_int_equal(m.nr_entries, 3);
    assert_memory_equal(out, in, 60);
    assert_int_equal(out[60], 0);
    m.buffer.p = (void *)BAD_PTR;
    assert_int_equal(memory_op(XENMEM_memory_map, &m), -EFAULT);
}

static unsigned int distance[] = {10, 21, 21, 10}, vcpu_map[] = {1}, node_map[] = {1, 0};
static xen_vmemrange_t ranges[] = {{0, 1 << 20, 0, 0}, {1 << 20, 2 << 20, 0, 1}};

static int64_t set_vnuma(domid_t domid, uint32_t nodes, uint32_t vcpus, uint32_t pad)
{
    struct xen_domctl op = {.u.vnuma = {nodes, 2, vcpus, pad, {distance}, {vcpu_map}, {node_map}, {ranges}}};

    return domctl(XEN_DOMCTL_setvnumainfo, domid, &op);
}

static void test_vnuma_refused(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(set_vnuma(domid, 0, 1, 0), -EINVAL);
    assert_int_equal(set_vnuma(domid, 33, 1, 0), -EINVAL);
    assert_int_equal(set_vnuma(domid, 2, 2, 0), -EINVAL); /* not max_vcpus */
    assert_int_equal(set_vnuma(domid, 2, 1, 1), -EINVAL);
    assert_int_equal(set_vnuma(domid, 1, 1, 0), -E2BIG); /* the vCPU is on virtual node 1 */
    node_map[0] = MAX_NUMNODES;
    assert_int_equal(set_vnuma(domid, 2, 1, 0), -E2BIG);
    node_map[0] = 1;
    ranges[1].flags = 4;
    assert_int_equal(set_vnuma(domid, 2, 1, 0), -EINVAL);
    ranges[1].flags = 0;
    assert_int_equal(set_pool(domid, 2 * PAGE_SIZE), 0);
    assert_int_equal(set_vnuma(domid, 2, 1, 0), -ENOMEM);
    assert_int_equal(destroy(domid), 0);
}

static void test_vnuma(void **state UNUSED)
{
    domid_t domid = new_domain();
    unsigned int d[4] = {0}, v[1] = {0};
    xen_vmemrange_t r[2];
    struct xen_vnuma_topology_info t = {
        .domid = domid, .nr_vnodes = 1, .vdistance = {{d}}, .vcpu_to_vnode = {{v}}, .vmemrange = {{r}}};

    assert_int_equal(memory_op(XENMEM_get_vnumainfo, &t), -EOPNOTSUPP);
    assert_int_equal(set_vnuma(domid, 2, 1, 0), 0);
    assert_int_equal(memory_op(XENMEM_get_vnumainfo, &t), -ENOBUFS);
    assert_int_equal(t.nr_vnodes, 2);
    assert_int_equal(t.nr_vcpus, 1);
    assert_int_equal(t.nr_vmemranges, 2);
    assert_int_equal(memory_op(XENMEM_get_vnumainfo, &t), 0);
    assert_memory_equal(d, distance, sizeof(d));
    assert_int_equal(v[0], 1);
    assert_memory_equal(r, ranges, sizeof(r));
    t.pad = 1;
    assert_int_equal(memory_op(XENMEM_get_vnumainfo, &t), -EINVAL);
    t.pad = 0;
    t.vmemrange.h.p = (void *)BAD_PTR;
    assert_int_equal(memory_op(XENMEM_get_vnumainfo, &t), -EFAULT);
    assert_int_equal(destroy(domid), 0);
}

static uint64_t pages_on(domid_t domid, uint32_t node)
{
    struct xen_domain_map_run runs[32];
    struct xen_sysctl op = {0};
    uint64_t pages = 0;

    *allod_domain_map(&op) = (struct xen_sysctl_domain_map){.domid = domid, .nr_runs = 32, .runs = {runs}};
    assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), 0);
    for (uint32_t i = 0; i < allod_domain_map(&op)->nr_runs; i++)
        pages += runs[i].node == node ? runs[i].nr_pages : 0;
    return pages;
}

/* Virtual node 0 is on node 1, and the other way round. */
static void test_vnuma_memory(void **state UNUSED)
{
    domid_t domid = new_domain();
    const unsigned int exact = XENMEMF_vnode | XENMEMF_exact_node_request;

    assert_int_equal(populate(domid, 0, 1, 0, XENMEMF_vnode), 1); /* no virtual nodes: anywhere */
    assert_int_equal(decrease(domid, 0, 1, 0), 1);
    assert_int_equal(set_vnuma(domid, 2, 1, 0), 0);
    assert_int_equal(populate(domid, 0, 5, 0, XENMEMF_node(0) | exact), 5);
    assert_int_equal(populate(domid, 10, 3, 0, XENMEMF_node(1) | exact), 3);
    assert_int_equal(populate(domid, 20, 1, 0, XENMEMF_node(2) | exact), 0);
    assert_int_equal(pages_on(domid, 1), 5);
    assert_int_equal(pages_on(domid, 0), 3);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reservations),  TEST(test_increase),        TEST(test_shared_info),
        TEST(test_grant_frames),  TEST(test_pages_from_pool), TEST(test_memory_map),
        TEST(test_vnuma_refused), TEST(test_vnuma),           TEST(test_vnuma_memory),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
