/* SPDX-License-Identifier: MIT */
/* Guest-physical address spaces of host programs: the hypervisor's own nested page tables, which are pure C.
 */
#include "../../arch/x86_64/hvm/p2m.c"
#include "../../arch/x86_64/hvm/p2m_table.c"

/* And the hypercall page, which is no more than bytes. */
#include "../../arch/x86_64/guest/hypercall_page.c"
