/* SPDX-License-Identifier: MIT */
/* From mode to mode. */
#include "modes.h"
#include <stdio.h>
#include <xen/memory.h>
#include <xen/xen.h>

#define PAGE(address) ((xen_pfn_t)((address) >> PAGE_SHIFT))

/* The pages that windows need where this guest has no memory: the ends of a page of 1 GiB, and the ends of
 * two pages of 4 MiB above 4 GiB. */
static xen_pfn_t far_pages[] = {PAGE(0x3ffff000UL), PAGE(0x1003ff000ULL), PAGE(0x100400000ULL),
                                PAGE(0x1007ff000ULL)};
#define NR_FAR (sizeof(far_pages) / sizeof(far_pages[0]))

static long move_pages(unsigned int cmd, xen_pfn_t *list)
{
    struct xen_memory_reservation r = {.nr_extents = NR_FAR, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, list);
    return (long)xen_hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)&r, 0, 0, 0);
}

int main(int argc, char **argv)
{
    xen_pfn_t spare[NR_FAR];
    struct window w;

    (void)argc, (void)argv;
    for (unsigned int i = 0; i < NR_FAR; i++)
        spare[i] = PAGE(SPARE + MiB) + i;
    case_equal("start", "give pages back", NR_FAR, move_pages(XENMEM_decrease_reservation, spare));
    case_equal("start", "have pages elsewhere", NR_FAR, move_pages(XENMEM_populate_physmap, far_pages));
    for (unsigned int i = 0; i < nr_modes; i++) {
        if (modes[i].code_bits != 8 * sizeof(long))
            continue;
        enter_mode(&modes[i], &w);
        run_checks(&modes[i], &w);
        leave_mode();
    }
    return cases_end();
}
