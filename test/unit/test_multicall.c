/* SPDX-License-Identifier: MIT */
/* multicall: results of entries, restarts, and lists that cannot be read. */
#include "caller.h"
#include <sys/mman.h>
#include <xen/version.h>

static int64_t multicall(struct multicall_entry *list, uint64_t nr)
{
    return hcall(__HYPERVISOR_multicall, ptr(list), nr, 0);
}

static void test_results(void **state UNUSED)
{
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = 30009};
    struct multicall_entry list[] = {
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_version}},
        {.op = 99},
        {.op = __HYPERVISOR_memory_op, .args = {XENMEM_claim_pages, ptr(&r)}},
        {.op = __HYPERVISOR_multicall},
    };

    assert_int_equal(multicall(list, 4), 0);
    assert_int_equal(list[0].result, 4 << 16 | 17);
    assert_int_equal((int64_t)list[1].result, -ENOSYS);
    assert_int_equal((int64_t)list[2].result, -EINVAL);
    assert_int_equal((int64_t)list[3].result, -EINVAL); /* not within itself */
    assert_int_equal(list[0].args[0], XENVER_version);
}

/* More entries than are done in one go; the console's long text restarts in the middle of an entry. */
static void test_restart(void **state UNUSED)
{
    static struct multicall_entry list[300];
    char text[5000];

    memset(text, '.', sizeof(text));
    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
        list[i] =
            (struct multicall_entry){.op = __HYPERVISOR_xen_version, .result = 1, .args = {XENVER_pagesize}};
    list[100] = (struct multicall_entry){
        .op = __HYPERVISOR_console_io, .result = 1, .args = {CONSOLEIO_write, sizeof(text), ptr(text)}};
    host_console_quiet(true);
    assert_int_equal(multicall(list, ARRAY_SIZE(list)), 0);
    host_console_quiet(false);
    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
        assert_int_equal(list[i].result, i == 100 ? 0 : 4096);
}

/* Long memory calls, as libxenctrl makes them: each goes on where it was, and its result is that of the
 * whole. */
static void test_long_entries(void **state UNUSED)
{
    static xen_pfn_t gfns[1500];
    domid_t dom = new_domain();
    struct xen_memory_reservation r = {{gfns}, ARRAY_SIZE(gfns), 0, 0, dom}, more = {{NULL}, 700, 0, 0, dom};
    struct xen_domctl pool = {.cmd = XEN_DOMCTL_set_paging_mempool_size,
                              .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                              .domain = dom,
                              .u.paging_mempool.size = 9000 * PAGE_SIZE};
    struct multicall_entry list[] = {
        {.op = __HYPERVISOR_domctl, .args = {ptr(&pool)}},
        {.op = __HYPERVISOR_memory_op, .args = {XENMEM_populate_physmap, ptr(&r)}},
        {.op = __HYPERVISOR_memory_op, .args = {XENMEM_increase_reservation, ptr(&more)}},
        {.op = __HYPERVISOR_memory_op, .args = {XENMEM_decrease_reservation, ptr(&r)}},
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(gfns); i++)
        gfns[i] = i;
    assert_int_equal(multicall(list, ARRAY_SIZE(list)), 0);
    assert_int_equal(list[0].result, 0);
    assert_int_equal(list[1].result, 1500);
    assert_int_equal(list[2].result, 700);
    assert_int_equal(list[3].result, 1500);
    assert_int_equal(list[4].result, 4096);
    assert_int_equal(info_of(dom).tot_pages, 700);
    assert_int_equal(destroy(dom), 0);
}

static void test_bad_list(void **state UNUSED)
{
    char *pages = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct multicall_entry *last = (void *)(pages + PAGE_SIZE - sizeof(*last));

    mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
    *last = (struct multicall_entry){.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}};
    assert_int_equal(multicall(last, 0), 0);
    assert_int_equal(multicall(last, 2), -EFAULT);
    assert_int_equal(last->result, 4096); /* done before the fault */
    assert_int_equal(hcall(__HYPERVISOR_multicall, BAD_PTR, 1, 0), -EFAULT);
    munmap(pages, 2 * PAGE_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_results), TEST(test_restart), TEST(test_long_entries),
                                       TEST(test_bad_list)};

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
