/* SPDX-License-Identifier: MIT */
/* The hypercall page: 128 stubs of 32 bytes, one per hypercall number. */
#include "error.h"
#include "hvm/p2m.h"
#include "map.h"
#include "msr_policy.h"
#include <string.h>

#define STUB_SIZE 32U

/* mov $nr, %eax; vmmcall; ret. The rest of a slot is breakpoints. */
static void fill(uint8_t *page)
{
    memset(page, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++) {
        uint8_t stub[] = {0xb8, (uint8_t)nr, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3};

        memcpy(page + nr * STUB_SIZE, stub, sizeof(stub));
    }
}

int arch_hypercall_page_fill(struct arch_domain *a, gfn_t g)
{
    enum p2m_type type;
    mfn_t m;

    p2m_lock(a);
    type = p2m_lookup_locked(a, g, &m, NULL);
    if (type == P2M_RAM)
        fill(mfn_to_virt(m));
    p2m_unlock(a);
    return type == P2M_RAM ? 0 : -EINVAL;
}
