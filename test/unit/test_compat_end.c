/* SPDX-License-Identifier: MIT */
/* Calls of 32-bit code whose rest would begin at 4 GiB, where it has no addresses: they end with EFAULT, what
 * comes before is done. */
#include "caller.h"
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xen/version.h>

/* The last page that 32-bit code can name, and one that it cannot. AddressSanitizer keeps nothing there, but
 * lets nobody have it either: the host's kernel alone reads and writes it, by the hypervisor's copies. */
#define END  (1UL << 32)
#define LAST ((void *)(END - PAGE_SIZE))

static void map_last(int prot)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;

    assert_ptr_equal(mmap(LAST, 2 * PAGE_SIZE, prot, flags, -1, 0), LAST);
}

static int setup_last(void **state)
{
    map_last(PROT_READ | PROT_WRITE);
    return setup(state);
}

static int teardown_last(void **state)
{
    map_last(PROT_NONE);
    return teardown(state);
}

static void write_at(uint64_t at, const void *from, size_t n)
{
    assert_int_equal(arch_copy_to_guest(guest_ptr(at), from, n), 0);
}

static void read_at(uint64_t at, void *to, size_t n)
{
    assert_int_equal(arch_copy_from_guest(to, guest_ptr(at), n), 0);
}

static int32_t call32(uint32_t nr, uint32_t a0, uint32_t a1, uint32_t a2)
{
    struct hypercall call = {nr, {a0, a1, a2}, true};
    int64_t rc;

    hcall(__HYPERVISOR_xen_version, XENVER_version, 0, 0); /* it is this vCPU that calls */
    do
        rc = upcall_hypercall(caller, &call);
    while (rc == -ERESTART && call_fits_compat(&call));
    return (int32_t)rc;
}

/* Two have addresses, and a status each, whether or not there should be a third. */
static void test_list_of_grants(void **state UNUSED)
{
    const struct gnttab_unmap_grant_ref unmap = {.status = 99};
    struct gnttab_unmap_grant_ref list[] = {unmap, unmap, unmap};
    const uint32_t at = END - 2 * sizeof(unmap);

    for (uint32_t nr = 2; nr <= 3; nr++) {
        list[0] = list[1] = unmap;
        write_at(at, list, sizeof(list));
        assert_int_equal(call32(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, at, nr),
                         nr == 2 ? 0 : -EFAULT);
        read_at(at, list, sizeof(list));
        assert_int_equal(list[0].status, GNTST_bad_handle);
        assert_int_equal(list[1].status, GNTST_bad_handle);
        assert_int_equal(list[2].status, 99);
    }
}

struct entry32 {
    uint32_t op, result, args[6];
};

/* A text of three steps, the last of which has no address: the first two are done, and the entry says so. */
static void test_rest_of_an_entry(void **state UNUSED)
{
    const uint32_t at = END - PAGE_SIZE, text = END - 256;

    host_console_quiet(true);
    for (uint32_t length = 256; length <= 257; length++) {
        const bool fits = length == 256;
        struct entry32 e = {__HYPERVISOR_console_io, 99, {CONSOLEIO_write, length, text}};

        write_at(at, &e, sizeof(e));
        assert_int_equal(call32(__HYPERVISOR_multicall, at, 1, 0), fits ? 0 : -EFAULT);
        read_at(at, &e, sizeof(e));
        assert_int_equal(e.result, fits ? 0 : (uint32_t)-ERESTART);
        assert_int_equal(e.args[1], length - 128);
        assert_int_equal(e.args[2], text + 128);
    }
    host_console_quiet(false);
}

#define TEST_LAST(f) cmocka_unit_test_setup_teardown(f, setup_last, teardown_last)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST_LAST(test_list_of_grants), TEST_LAST(test_rest_of_an_entry)};

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
