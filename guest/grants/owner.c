/* SPDX-License-Identifier: MIT */
/* The domain that grants pages, and does what the other one asks for. */
#include "grants.h"
#include <xenctrl.h>

static union {
    struct control control;
    uint64_t word[PAGE_SIZE / 8];
} pages[REF_GIVEN_UP - REF_CONTROL + 1] __attribute__((aligned(PAGE_SIZE)));

static struct grant_entry_v1 *const table = (struct grant_entry_v1 *)(TABLE_GFN << PAGE_SHIFT);

static void grant_page(unsigned int ref, uint16_t flags)
{
    uint64_t *page = pages[ref - REF_CONTROL].word;

    for (unsigned int i = 0; ref != REF_CONTROL && i < PAGE_SIZE / 8; i++)
        page[i] = WORD(ref, i);
    table[ref].domid = USER;
    table[ref].frame = (uint32_t)((uintptr_t)page >> PAGE_SHIFT);
    __atomic_store_n(&table[ref].flags, GTF_permit_access | flags, __ATOMIC_RELEASE);
}

static uint64_t give_up(unsigned int ref)
{
    xen_pfn_t frame = table[ref].frame;

    return (uint64_t)xc_domain_decrease_reservation_exact(NULL, DOMID_SELF, 1, 0, &frame);
}

static uint64_t answer(const struct control *c)
{
    const unsigned int ref = (unsigned int)c->ref;

    switch (c->what) {
    case ASK_FLAGS:
        return __atomic_load_n(&table[ref].flags, __ATOMIC_RELAXED);
    case ASK_WORD:
        return pages[ref - REF_CONTROL].word[0];
    case ASK_GIVE_UP:
        return give_up(ref);
    default:
        return 0;
    }
}

int owner_main(void)
{
    struct control *c = &pages[0].control;
    bool end = false;

    if (xc_domain_add_to_physmap(NULL, DOMID_SELF, XENMAPSPACE_grant_table, 0, TABLE_GFN))
        return 1;
    grant_page(REF_DATA, 0);
    grant_page(REF_READ_ONLY, GTF_readonly);
    grant_page(REF_GIVEN_UP, 0);
    grant_page(REF_CONTROL, 0); /* last: the user waits for it */
    while (!end) {
        while (__atomic_load_n(&c->asked, __ATOMIC_ACQUIRE) == c->answered)
            guest_yield();
        end = c->what == ASK_END;
        c->answer = answer(c);
        __atomic_store_n(&c->answered, c->answered + 1, __ATOMIC_RELEASE);
    }
    return 0;
}
