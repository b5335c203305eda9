/* SPDX-License-Identifier: MIT */
/* sysctl: what is reported about machine and domains, and the debug operations. */
#include "caller.h"
#include "host_info.h"

static void test_checks(void **state UNUSED)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1};

    assert_int_equal(hcall(__HYPERVISOR_sysctl, BAD_PTR, 0, 0), -EFAULT);
    assert_int_equal(hcall(__HYPERVISOR_sysctl, ptr(&op), 0, 0), -EACCES);
    op.interface_version = 0x16;
    assert_int_equal(hcall(__HYPERVISOR_sysctl, ptr(&op), 0, 0), 0);
    op.interface_version = 0x17;
    assert_int_equal(hcall(__HYPERVISOR_sysctl, ptr(&op), 0, 0), -EACCES);
    assert_int_equal(sysctl(9999, &op), -ENOSYS);
}

static void test_unprivileged(void **state UNUSED)
{
    struct xen_sysctl op = {0};

    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &op), -EPERM);
    assert_int_equal(sysctl(XEN_SYSCTL_allod_debug, &op), -EPERM);
    assert_int_equal(sysctl(9999, &op), -EPERM);
}

static void test_physinfo(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_sysctl op = {0};
    struct xen_sysctl_physinfo *info = &op.u.physinfo;
    uint64_t free_before;

    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &op), 0);
    free_before = info->free_pages;
    assert_int_equal(info->nr_nodes, 2);
    assert_int_equal(info->max_node_id, 1);
    assert_int_equal(info->nr_cpus, host_info.nr_cpus);
    assert_int_equal(info->total_pages, 2 * NODE_PAGES);
    assert_int_equal(info->outstanding_pages, 0);
    assert_int_equal(claim_node(domid, 1, 10), 0);
    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &op), 0);
    assert_int_equal(info->outstanding_pages, 10);
    assert_int_equal(info->free_pages, free_before); /* claimed ones included */
    assert_int_equal(destroy(domid), 0);
}

static void test_numainfo(void **state UNUSED)
{
    struct xen_sysctl op = {0};
    struct xen_sysctl_numainfo *info = &op.u.numainfo;
    struct xen_sysctl_meminfo mem[2];
    uint32_t distance[4];

    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), 0);
    assert_int_equal(info->num_nodes, 2);
    info->meminfo.p = mem;
    info->distance.p = distance;
    info->num_nodes = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), -ENOBUFS);
    assert_int_equal(info->num_nodes, 2);
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), 0);
    assert_int_equal(mem[1].memsize, NODE_PAGES * PAGE_SIZE);
    assert_true(mem[1].memfree > 0 && mem[1].memfree <= mem[1].memsize);
    assert_int_equal(distance[0], 10);
    assert_int_equal(distance[1], 20);
    info->meminfo.p = (void *)BAD_PTR;
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), -EFAULT);
}

static void test_cputopoinfo(void **state UNUSED)
{
    struct xen_sysctl op = {0};
    struct xen_sysctl_cputopo cpus[4];

    host_info.nr_cpus = 3;
    host_info.cpu_node[2] = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), 0);
    assert_int_equal(op.u.cputopoinfo.num_cpus, 3);
    op.u.cputopoinfo.cputopo.p = cpus;
    op.u.cputopoinfo.num_cpus = 2;
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), -ENOBUFS);
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), 0);
    assert_int_equal(cpus[0].node, 0);
    assert_int_equal(cpus[2].node, 1);
    assert_int_equal(cpus[2].socket, 2);
    host_info.nr_cpus = 1;
}

static void test_claiminfo(void **state UNUSED)
{
    domid_t domid = new_domain();
    memory_claim_t set[] = {{5, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0}, {7, 1, 0}};
    struct xen_sysctl op = {0};
    struct xen_sysctl_claiminfo *info = allod_claiminfo(&op);
    xen_claiminfo_node_t nodes[2];

    assert_int_equal(set_claims(domid, 2, set), 0);
    info->pad = 77;
    assert_int_equal(sysctl(XEN_SYSCTL_claiminfo, &op), 0);
    assert_int_equal(info->nr_nodes, 2);
    assert_int_equal(info->pad, 0);
    info->nodes.p = nodes;
    info->nr_nodes = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_claiminfo, &op), -ENOBUFS);
    assert_int_equal(sysctl(XEN_SYSCTL_claiminfo, &op), 0);
    assert_int_equal(info->claimed, 12);
    assert_int_equal(info->total, 2 * NODE_PAGES);
    assert_int_equal(info->free, nodes[0].free + nodes[1].free);
    assert_int_equal(nodes[0].claimed, 0);
    assert_int_equal(nodes[1].claimed, 7);
    assert_int_equal(destroy(domid), 0);
}

#define HOLE 1U

static int setup_hole(void **state UNUSED)
{
    machine_create_nodes(3, (unsigned long[]){NODE_PAGES, 0, NODE_PAGES});
    caller = host_boot(true);
    return 0;
}

/* Of a node that is not there nothing is known. */
static void test_numainfo_hole(void **state UNUSED)
{
    struct xen_sysctl op = {0};
    struct xen_sysctl_meminfo mem[3];
    uint32_t distance[3][3];

    op.u.numainfo.num_nodes = 3;
    op.u.numainfo.meminfo.p = mem;
    op.u.numainfo.distance.p = &distance[0][0];
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), 0);
    for (unsigned int from = 0; from < 3; from++) {
        assert_int_equal(mem[from].memsize, from == HOLE ? XEN_INVALID_MEM_SZ : NODE_PAGES * PAGE_SIZE);
        for (unsigned int to = 0; to < 3; to++)
            assert_int_equal(distance[from][to], from == HOLE || to == HOLE ? XEN_INVALID_NODE_DIST
                                                 : from == to               ? 10
                                                                            : 20);
    }
}

static void test_domain_list(void **state UNUSED)
{
    domid_t a = new_domain(), b = new_domain();
    struct xen_sysctl op = {0};
    struct xen_sysctl_getdomaininfolist *list = &op.u.getdomaininfolist;
    xen_domctl_getdomaininfo_t infos[4];

    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
    assert_int_equal(list->num_domains, 0);
    list->max_domains = 4;
    list->buffer.p = infos;
    list->first_domain = a;
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
    assert_int_equal(list->num_domains, 2);
    assert_int_equal(infos[0].domain, a);
    assert_int_equal(infos[1].domain, b);
    list->max_domains = 1;
    list->first_domain = 0;
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
    assert_int_equal(list->num_domains, 1);
    list->buffer.p = (void *)BAD_PTR;
    assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), -EFAULT);
    assert_int_equal(destroy(a), 0);
    assert_int_equal(destroy(b), 0);
}

static void test_domain_map(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domain_map_run runs[8];
    struct xen_sysctl op = {0};
    struct xen_sysctl_domain_map *map = allod_domain_map(&op);

    assert_int_equal(populate(domid, 0, 20, 0, XENMEMF_exact_node(0)), 20);
    assert_int_equal(populate(domid, 20, 5, 0, XENMEMF_exact_node(1)), 5);
    assert_int_equal(populate(domid, 512, 2, 9, XENMEMF_exact_node(1)), 2);
    *map = (struct xen_sysctl_domain_map){.domid = domid, .nr_runs = 2, .runs = {runs}};
    assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), 0);
    assert_int_equal(map->nr_runs, 2);
    assert_int_equal(runs[0].gfn, 0);
    assert_int_equal(runs[0].nr_pages, 20);
    assert_int_equal(runs[1].node, 1);
    assert_int_equal(runs[1].nr_pages, 5);
    assert_int_equal(map->first_gfn, 512);
    assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), 0);
    assert_int_equal(map->nr_runs, 1);
    assert_int_equal(runs[0].nr_pages, 1024);
    assert_int_equal(runs[0].order, 9);
    assert_int_equal(map->first_gfn, UINT64_MAX);
    map->domid = 30009;
    assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), -ESRCH);
    assert_int_equal(destroy(domid), 0);
}

/* More mappings than one call looks at, and then a long way on which no memory is: the runs of all calls
 * together are what there is, and no call takes longer than it may. */
static void test_domain_map_in_steps(void **state UNUSED)
{
    const uint64_t mappings = 2 * CALL_BUDGET + 5;
    domid_t domid = new_domain();
    struct xen_domain_map_run runs[4];
    struct xen_sysctl op = {0};
    struct xen_sysctl_domain_map *map = allod_domain_map(&op);
    uint64_t pages = 0, calls = 0;

    for (uint64_t g = 0; g < mappings; g += 3)
        assert_int_equal(populate(domid, g, MIN(3UL, mappings - g), 0, XENMEMF_exact_node(0)),
                         MIN(3UL, mappings - g));
    *map = (struct xen_sysctl_domain_map){.domid = domid, .runs = {runs}};
    while (map->first_gfn != UINT64_MAX) {
        map->nr_runs = ARRAY_SIZE(runs);
        assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), 0);
        assert_true(map->nr_runs <= 1);
        if (map->nr_runs) {
            assert_int_equal(runs[0].gfn, pages);
            assert_in_range(runs[0].nr_pages, 1, CALL_BUDGET);
            pages += runs[0].nr_pages;
        }
        calls++;
    }
    assert_int_equal(pages, mappings);
    assert_int_equal(calls, 3);
    assert_int_equal(destroy(domid), 0);
}

static int64_t debug(uint32_t operation, domid_t domid, uint16_t order, uint32_t flags, uint64_t nr,
                     uint64_t *result)
{
    struct xen_sysctl op = {0};
    int64_t rc;

    *allod_debug(&op) = (struct xen_sysctl_allod_debug){operation, domid, order, flags, 0, nr, 0};
    rc = sysctl(XEN_SYSCTL_allod_debug, &op);
    *result = allod_debug(&op)->result;
    return rc;
}

/* Only its memory is reported, not what the hypervisor mapped there. */
static void test_domain_map_of_memory(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_add_to_physmap add = {.domid = domid, .space = XENMAPSPACE_shared_info, .gpfn = 5};
    struct xen_domain_map_run runs[3];
    struct xen_sysctl op = {0};

    assert_int_equal(populate(domid, 0, 20, 0, XENMEMF_exact_node(0)), 20);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0), 0);
    *allod_domain_map(&op) = (struct xen_sysctl_domain_map){.domid = domid, .nr_runs = 3, .runs = {runs}};
    assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), 0);
    assert_int_equal(allod_domain_map(&op)->nr_runs, 2);
    assert_int_equal(runs[0].nr_pages, 5);
    assert_int_equal(runs[1].gfn, 6);
    assert_int_equal(runs[1].nr_pages, 14);
    assert_int_equal(destroy(domid), 0);
}

static void test_debug_noref(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint64_t result;

    assert_int_equal(debug(ALLOD_DEBUG_CHECK, 0, 0, 0, 0, &result), 0);
    assert_int_equal(result, 0);
    assert_int_equal(claim_node(domid, 0, 8), 0);
    assert_int_equal(debug(ALLOD_DEBUG_NOREF, domid, 0, XENMEMF_exact_node(0), 5, &result), 0);
    assert_int_equal(result, 5);
    assert_int_equal(info_of(domid).outstanding_pages, 8);
    assert_int_equal(info_of(domid).tot_pages, 0);
    assert_int_equal(debug(ALLOD_DEBUG_NOREF, DOMID_INVALID, 3, 0, 2, &result), 0);
    assert_int_equal(result, 2);
    assert_int_equal(debug(ALLOD_DEBUG_NOREF, DOMID_INVALID, 0, XENMEMF_exact_node(9), 2, &result), 0);
    assert_int_equal(result, 0);
    assert_int_equal(debug(ALLOD_DEBUG_NOREF, 30009, 0, 0, 1, &result), -ESRCH);
    assert_int_equal(debug(ALLOD_DEBUG_NOREF, domid, 19, 0, 1, &result), -EINVAL);
    assert_int_equal(debug(ALLOD_DEBUG_FREE_NOREF, 0, 0, 0, 0, &result), 0);
    assert_int_equal(result, 5 + 16);
    assert_int_equal(debug(99, 0, 0, 0, 0, &result), -ENOSYS);
    assert_int_equal(destroy(domid), 0);
}

/* A dying domain holds no claim and gets none; reading is refused and leaves the count alone. */
static void test_debug_dying(void **state UNUSED)
{
    domid_t domid = new_domain();
    memory_claim_t claims[3];
    unsigned int nr = 3;
    uint64_t result;

    assert_int_equal(claim_node(domid, 0, 8), 0);
    assert_int_equal(debug(ALLOD_DEBUG_DYING, domid, 0, 0, 0, &result), 0);
    assert_true(info_of(domid).flags & XEN_DOMINF_dying);
    assert_int_equal(info_of(domid).outstanding_pages, 0);
    assert_int_equal(claim_node(domid, 0, 1), -ESRCH);
    assert_int_equal(claim_node(domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0), -ESRCH);
    assert_int_equal(reservation(XENMEM_claim_pages, domid, NULL, 4, 0, 0), -EINVAL);
    assert_int_equal(get_claims(domid, &nr, claims), -ESRCH);
    assert_int_equal(nr, 3);
    assert_int_equal(populate(domid, 0, 1, 0, 0), 0);
    assert_int_equal(set_max(domid, 5), 0);
    assert_int_equal(debug(ALLOD_DEBUG_DYING, caller->domain->domid, 0, 0, 0, &result), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

/* A call of one page at a time: it has to be entered once for each extent, and not for the last one. */
static void test_debug_budget(void **state UNUSED)
{
    domid_t domid = new_domain();
    xen_pfn_t gfns[3] = {0, 1, 2};
    struct xen_memory_reservation r = {{gfns}, 3, 0, 0, domid};
    struct hypercall call = {.nr = __HYPERVISOR_memory_op, .arg = {XENMEM_populate_physmap, ptr(&r)}};
    uint64_t result;

    assert_int_equal(debug(ALLOD_DEBUG_BUDGET, 0, 0, 0, 1, &result), 0);
    assert_int_equal(result, CALL_BUDGET);
    assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    assert_int_equal(info_of(domid).tot_pages, 1);
    assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    assert_int_equal(host_hypercall_step(caller, &call), 3);
    assert_int_equal(debug(ALLOD_DEBUG_BUDGET, 0, 0, 0, ~0UL, &result), 0);
    assert_int_equal(result, 1);
    assert_int_equal(debug(ALLOD_DEBUG_BUDGET, 0, 0, 0, 0, &result), 0);
    assert_int_equal(result, CALL_BUDGET);
    assert_int_equal(destroy(domid), 0);
}

/* The fake machine's vCPUs have left the guest for three reasons, vCPU N 2 + N times for each. */
static void test_exit_stats(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_sysctl op = {0};
    struct xen_sysctl_exit_stats *s = allod_exit_stats(&op);
    struct xen_domctl vcpus = {.u.max_vcpus.max = 1};
    xen_exit_stat_t rows[3] = {{0}};

    *s = (struct xen_sysctl_exit_stats){.domid = 99};
    assert_int_equal(sysctl(XEN_SYSCTL_exit_stats, &op), -ESRCH);
    *s = (struct xen_sysctl_exit_stats){.domid = domid, .nr_exits = 3};
    assert_int_equal(sysctl(XEN_SYSCTL_exit_stats, &op), 0);
    assert_int_equal(s->nr_exits, 0); /* it has no vCPU */
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &vcpus), 0);
    *s = (struct xen_sysctl_exit_stats){.domid = domid};
    assert_int_equal(sysctl(XEN_SYSCTL_exit_stats, &op), 0);
    assert_int_equal(s->nr_exits, 3);
    s->exits.p = rows;
    assert_int_equal(sysctl(XEN_SYSCTL_exit_stats, &op), 0);
    assert_int_equal(rows[2].code, 0x62);
    assert_int_equal(rows[2].count, 2);
    s->nr_exits = 2;
    assert_int_equal(sysctl(XEN_SYSCTL_exit_stats, &op), -ENOBUFS);
    assert_int_equal(s->nr_exits, 3);
    s->exits.p = (void *)BAD_PTR;
    assert_int_equal(sysctl(XEN_SYSCTL_exit_stats, &op), -EFAULT);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_checks),
        TEST_U(test_unprivileged),
        TEST(test_physinfo),
        TEST(test_numainfo),
        TEST(test_cputopoinfo),
        TEST(test_claiminfo),
        TEST(test_domain_list),
        TEST(test_domain_map),
        TEST(test_domain_map_in_steps),
        TEST(test_exit_stats),
        TEST(test_debug_noref),
        TEST(test_debug_dying),
        TEST(test_debug_budget),
        TEST(test_domain_map_of_memory),
        cmocka_unit_test_setup_teardown(test_numainfo_hole, setup_hole, teardown),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
