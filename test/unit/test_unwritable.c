/* SPDX-License-Identifier: MIT */
/* Calls whose result cannot be written or whose lists cannot be read say EFAULT and change nothing; calls
 * that would give something to a dying domain say ESRCH. */
#include "caller.h"
#include "host_info.h"
#include <sys/mman.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#define BAD ((void *)BAD_PTR)

/* SIZE bytes that the caller may read only. */
static void *read_only(const void *what, size_t size)
{
    void *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(page, what, size);
    mprotect(page, PAGE_SIZE, PROT_READ);
    return page;
}

static void test_structures(void **state UNUSED)
{
    struct xen_sysctl sys = {.cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
    struct xen_domctl dom = {.cmd = XEN_DOMCTL_getdomaininfo,
                             .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                             .domain = caller->domain->domid};
    struct xen_hvm_param param = {.domid = DOMID_SELF, .index = HVM_PARAM_STORE_PFN};
    struct evtchn_status status = {.dom = DOMID_SELF};
    struct gnttab_query_size size = {.dom = DOMID_SELF};
    void *page;

    page = read_only(&sys, sizeof(sys));
    assert_int_equal(hcall(__HYPERVISOR_sysctl, ptr(page), 0, 0), -EFAULT);
    munmap(page, PAGE_SIZE);
    page = read_only(&dom, sizeof(dom));
    assert_int_equal(hcall(__HYPERVISOR_domctl, ptr(page), 0, 0), -EFAULT);
    munmap(page, PAGE_SIZE);
    page = read_only(&param, sizeof(param));
    assert_int_equal(hcall(__HYPERVISOR_hvm_op, HVMOP_get_param, ptr(page), 0), -EFAULT);
    munmap(page, PAGE_SIZE);
    page = read_only(&status, sizeof(status));
    assert_int_equal(hcall(__HYPERVISOR_event_channel_op, EVTCHNOP_status, ptr(page), 0), -EFAULT);
    munmap(page, PAGE_SIZE);
    page = read_only(&size, sizeof(size));
    assert_int_equal(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, ptr(page), 1), -EFAULT);
    munmap(page, PAGE_SIZE);
}

/* What was read from the console is lost, as it would be with any receiver that takes it and forgets it. */
static void test_console(void **state UNUSED)
{
    char text[4];

    host_console_input("abc");
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, sizeof(text), BAD_PTR), -EFAULT);
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, sizeof(text), ptr(text)), 0);
}

static void test_lists_of_sysctls(void **state UNUSED)
{
    struct xen_sysctl op = {0};

    op.u.cputopoinfo.num_cpus = host_info.nr_cpus;
    op.u.cputopoinfo.cputopo.p = BAD;
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), -EFAULT);
    op = (struct xen_sysctl){0};
    op.u.numainfo.num_nodes = 2;
    op.u.numainfo.distance.p = BAD;
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, &op), -EFAULT);
    op = (struct xen_sysctl){0};
    *allod_claiminfo(&op) = (struct xen_sysctl_claiminfo){.nr_nodes = 2, .nodes = {BAD}};
    assert_int_equal(sysctl(XEN_SYSCTL_claiminfo, &op), -EFAULT);
    op = (struct xen_sysctl){0};
    *allod_page_runs(&op) = (struct xen_sysctl_page_runs){
        .nr_runs = 1, .node = ALLOD_ANY_NODE, .uses = 0xffff, .domid = DOMID_INVALID, .runs = {BAD}};
    assert_int_equal(sysctl(XEN_SYSCTL_page_runs, &op), -EFAULT);
}

static void test_domain_map(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_sysctl op = {0};

    assert_int_equal(populate(domid, 0, 1, 0, 0), 1);
    *allod_domain_map(&op) = (struct xen_sysctl_domain_map){.domid = domid, .nr_runs = 1, .runs = {BAD}};
    assert_int_equal(sysctl(XEN_SYSCTL_domain_map, &op), -EFAULT);
    assert_int_equal(allod_domain_map(&op)->nr_runs, 1);
    assert_int_equal(destroy(domid), 0);
}

static int64_t vcpu_affinity(uint32_t cmd, domid_t domid, void *bits)
{
    struct xen_domctl op = {.u.vcpuaffinity = {.flags = XEN_VCPUAFFINITY_HARD, .cpumap_hard = {{bits}, 8}}};

    return domctl(cmd, domid, &op);
}

static void test_vcpu_affinity(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    uint8_t one = 1, *fixed = read_only(&one, 1), seen = 0;

    assert_int_equal(vcpu_affinity(XEN_DOMCTL_getvcpuaffinity, domid, &seen), -ESRCH); /* no vCPU yet */
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(vcpu_affinity(XEN_DOMCTL_getvcpuaffinity, domid, &seen), 0);
    one = seen;
    assert_int_equal(vcpu_affinity(XEN_DOMCTL_setvcpuaffinity, domid, BAD), -EFAULT);
    assert_int_equal(vcpu_affinity(XEN_DOMCTL_setvcpuaffinity, domid, fixed), -EFAULT);
    assert_int_equal(vcpu_affinity(XEN_DOMCTL_getvcpuaffinity, domid, &seen), 0);
    assert_int_equal(seen, one); /* it was set to nothing */
    munmap(fixed, PAGE_SIZE);
    assert_int_equal(destroy(domid), 0);
}

static int64_t set_vnuma(domid_t domid, void *distance)
{
    static uint32_t nodes[] = {0};
    static xen_vmemrange_t range = {0, 1UL << 20, 0, 0};
    struct xen_domctl op = {.u.vnuma = {1, 1, 1, 0, {distance}, {nodes}, {nodes}, {&range}}};

    return domctl(XEN_DOMCTL_setvnumainfo, domid, &op);
}

static int64_t set_memory_map(domid_t domid)
{
    static uint8_t entry[20];
    struct xen_foreign_memory_map map = {.domid = domid, .map = {.nr_entries = 1, .buffer.p = entry}};

    return hcall(__HYPERVISOR_memory_op, XENMEM_set_memory_map, ptr(&map), 0);
}

static int64_t map_shared_info(domid_t domid, uint64_t g)
{
    struct xen_add_to_physmap add = {.domid = domid, .space = XENMAPSPACE_shared_info, .gpfn = g};

    return hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0);
}

static void test_vnuma(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint32_t distance = 10;

    assert_int_equal(set_vnuma(domid, BAD), -EFAULT);
    assert_int_equal(set_vnuma(domid, &distance), 0);
    assert_int_equal(destroy(domid), 0);
}

/* The page would have to come from the middle of a large mapping, whose split needs a table. */
static void test_no_table_for_a_split(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(map_shared_info(domid, 4), 0);
    assert_int_equal(populate(domid, 512, 1, 9, 0), 1);
    assert_int_equal(set_pool(domid, PAGE_SIZE), -EBUSY); /* nothing is left in it */
    assert_int_equal(map_shared_info(domid, 515), -ENOMEM);
    assert_int_equal(info_of(domid).tot_pages, 512);
    assert_int_equal(info_of(domid).shared_info_frame, 4);
    assert_int_equal(set_pool(domid, POOL_BYTES), 0);
    assert_int_equal(map_shared_info(domid, 515), 0);
    assert_int_equal(info_of(domid).tot_pages, 511);
    assert_int_equal(destroy(domid), 0);
}

static void test_dying(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    struct xen_sysctl sys = {0};
    uint32_t distance = 10;

    *allod_debug(&sys) = (struct xen_sysctl_allod_debug){.op = ALLOD_DEBUG_DYING, .domid = domid};
    assert_int_equal(sysctl(XEN_SYSCTL_allod_debug, &sys), 0);
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), -ESRCH);
    assert_int_equal(set_vnuma(domid, &distance), -ESRCH);
    assert_int_equal(set_memory_map(domid), -ESRCH);
    assert_int_equal(map_shared_info(domid, 4), -ESRCH);
    assert_int_equal(info_of(domid).max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
    assert_int_equal(destroy(domid), 0);
    assert_int_equal(sysctl(XEN_SYSCTL_allod_debug, &sys), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_structures),    TEST(test_console), TEST(test_lists_of_sysctls),     TEST(test_domain_map),
        TEST(test_vcpu_affinity), TEST(test_vnuma),   TEST(test_no_table_for_a_split), TEST(test_dying),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
