/* SPDX-License-Identifier: MIT */
/* What is tried in every mode with paging: the bits that a walk sets in the entry of an argument's page, of
 * whatever size. */
#include "checks.h"
#include <errno.h>
#include <xen/version.h>

static const struct paging_mode *mode;
static const struct window *window;

/* What the bits are by now; then they are clear. */
static void expect_bits(const char *what, unsigned int expected)
{
    equal(what, (long)expected, (long)take_bits(mode, window));
}

void check_accessed(const struct paging_mode *m, const struct window *w)
{
    domid_t *domid = (domid_t *)(void *)w->cross;

    mode = m;
    window = w;
    *domid = DOMID_SELF;
    expect_bits("the CPU has written: accessed and dirty", ACCESSED | DIRTY);
    call(__HYPERVISOR_memory_op, XENMEM_maximum_reservation, addr(domid), 0);
    expect_bits("an argument is read: accessed", ACCESSED);
    equal("compile_info", 0, call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(domid), 0));
    expect_bits("a result is written: accessed and dirty", ACCESSED | DIRTY);
    set_read_only(m, w, true);
    equal("compile_info", -EFAULT, call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(domid), 0));
    expect_bits("a result is refused: neither", 0);
    set_read_only(m, w, false);
}
