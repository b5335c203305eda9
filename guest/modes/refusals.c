/* SPDX-License-Identifier: MIT */
/* What is tried in every mode: arguments that are not there, or cannot be written. */
#include "checks.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/version.h>

/* None of them can be used for 16 bytes. */
static void check_bad_address(const char *what, const void *p)
{
    struct xen_memory_reservation r = reservation(NULL);
    char name[80];
    uintptr_t bad = addr(p);

    snprintf(name, sizeof(name), "write to %s", what);
    equal(name, -EFAULT, call(__HYPERVISOR_xen_version, XENVER_compile_info, bad, 0));
    snprintf(name, sizeof(name), "read from %s", what);
    equal(name, -EFAULT, call(__HYPERVISOR_console_io, CONSOLEIO_write, 16, bad));
    snprintf(name, sizeof(name), "structure at %s", what);
    equal(name, 0, call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, bad, 0));
    snprintf(name, sizeof(name), "multicall at %s", what);
    equal(name, -EFAULT, call(__HYPERVISOR_multicall, bad, 1, 0));
    snprintf(name, sizeof(name), "list at %s", what);
    set_xen_guest_handle_raw(r.extent_start, (xen_pfn_t *)bad);
    equal(name, 0, memory_op(XENMEM_decrease_reservation, &r));
}

void check_bad_addresses(const struct window *window)
{
    /* Nowhere in 32 bits; then where the hypervisor lives, and what is no address at all. */
    static const uint64_t wild[] = {0xdead0000,         0xffff800000000000, 0xffffa00000000000,
                                    0xffffb00000000000, 0xffffffff80000000, 0x0000800000000000,
                                    0xfff0000000100000};
    char name[40];

    memset(window->end - 16, 0xff, 16); /* no frame, where a list begins that ends at once */
    check_bad_address("a page that ends", window->end - 4);
    check_bad_address("an unmapped page", window->end);
    if (window->top)
        check_bad_address("the end of all addresses", (char *)(uintptr_t)-12);
    for (unsigned int i = 0; i < (sizeof(long) == 8 ? sizeof(wild) / sizeof(wild[0]) : 1); i++) {
        snprintf(name, sizeof(name), "%#llx", (unsigned long long)wild[i]);
        check_bad_address(name, (void *)(uintptr_t)wild[i]);
    }
}

void check_read_only(const struct paging_mode *mode, const struct window *window)
{
    multicall_entry_t *entry = (multicall_entry_t *)(void *)window->cross;
    char *text = window->cross;

    *entry = (multicall_entry_t){.op = __HYPERVISOR_xen_version, .args = {XENVER_version}};
    set_read_only(mode, window, true);
    equal("write to a read-only page", -EFAULT,
          call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(text), 0));
    equal("write that runs into it", -EFAULT,
          call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(text - 16), 0));
    equal("result of a multicall in it", -EFAULT, call(__HYPERVISOR_multicall, addr(entry), 1, 0));
    equal("nothing was written", 0, (long)entry->result);
    memcpy(text - 2, "# ", 2);
    equal("read from it", 0, call(__HYPERVISOR_console_io, CONSOLEIO_write, 0, addr(text)));
    set_read_only(mode, window, false);
    equal("write after all", 0, call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(text), 0));
}
