/* SPDX-License-Identifier: MIT */
/* The holder fills its memory with a secret, gives half of it back, and later looks at both halves. */
#include "isolation.h"

#define FIRST PAGES(4 * MiB) /* behind the image and what the builder put there */
#define HALF  PAGES(HOLDER_SIZE / 2)
#define END   PAGES(HOLDER_SIZE)
#define WORDS (PAGE_SIZE / 8)
#define BATCH 64U

static uint64_t *page_at(uint64_t gfn)
{
    return (uint64_t *)(gfn << PAGE_SHIFT);
}

static void fill(uint64_t gfn, uint64_t end)
{
    for (; gfn < end; gfn++)
        for (uint64_t i = 0; i < WORDS; i++)
            page_at(gfn)[i] = SECRET ^ i;
}

/* How many pages are not all secret, or with a mask of 0 not all zero? */
static int64_t count_others(uint64_t gfn, uint64_t end, uint64_t mask)
{
    int64_t nr = 0;

    for (; gfn < end; gfn++) {
        uint64_t differences = 0;

        for (uint64_t i = 0; i < WORDS; i++)
            differences |= page_at(gfn)[i] ^ ((SECRET ^ i) & mask);
        nr += differences != 0;
    }
    return nr;
}

static int64_t for_upper_half(int (*call)(xc_interface *xch, uint32_t domid, unsigned long nr,
                                          xen_pfn_t *list))
{
    int64_t done = 0;

    for (uint64_t gfn = HALF; gfn < END; gfn += BATCH) {
        xen_pfn_t list[BATCH];

        for (unsigned int i = 0; i < BATCH; i++)
            list[i] = gfn + i;
        done += call(NULL, DOMID_SELF, BATCH, list);
    }
    return done;
}

static int give_back(xc_interface *xch, uint32_t domid, unsigned long nr, xen_pfn_t *list)
{
    return xc_domain_decrease_reservation(xch, domid, nr, 0, list);
}

static int have_back(xc_interface *xch, uint32_t domid, unsigned long nr, xen_pfn_t *list)
{
    return xc_domain_populate_physmap(xch, domid, nr, 0, 0, list);
}

/* It never ends by itself: it is destroyed with the secret in all of its memory. */
int holder(void)
{
    fill(FIRST, END);
    case_equal(role, "pages given back", END - HALF, for_upper_half(give_back));
    stage_reached(1);
    wait_for_word(1);
    case_equal(role, "pages that are not as they were", 0, count_others(FIRST, HALF, ~0UL));
    case_equal(role, "pages had back", END - HALF, for_upper_half(have_back));
    case_equal(role, "of these not clean", 0, count_others(HALF, END, 0));
    fill(HALF, END);
    if (cases_end() == 0)
        stage_reached(2);
    for (;;)
        guest_block();
}
