/* SPDX-License-Identifier: MIT */
/* Take all memory that is free, in large and in small extents, look at every word of it, write to all of it,
 * and give it back. */
#include "isolation.h"
#include <stdio.h>

#define START       PAGES(PROBER_SIZE)
#define LARGE_ORDER 9U
#define BATCH       64U
#define WORDS       (PAGE_SIZE / 8)
#define ROUNDS      16U /* of an exchange of NR_LARGE large extents: more than there is free memory */
#define NR_LARGE    16U
#define NR_SMALL    (NR_LARGE << LARGE_ORDER)
#define TRACE       0x7e57da7a7e57da7aUL /* what the last search has left */

struct extents {
    uint64_t first, nr; /* from this frame on */
    unsigned int order;
};

static long batch(struct extents *e, uint64_t from, unsigned int nr,
                  int (*call)(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned int order,
                              xen_pfn_t *list))
{
    xen_pfn_t list[BATCH];

    for (unsigned int i = 0; i < nr; i++)
        list[i] = e->first + ((from + i) << e->order);
    return call(NULL, DOMID_SELF, nr, e->order, list);
}

static int populate(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned int order, xen_pfn_t *list)
{
    return xc_domain_populate_physmap(xch, domid, nr, order, 0, list);
}

static void take_all(struct extents *e)
{
    long done = BATCH;

    for (e->nr = 0; done == BATCH; e->nr += (uint64_t)done)
        done = batch(e, e->nr, BATCH, populate);
}

static uint64_t give_all(struct extents *e)
{
    uint64_t done = 0;

    while (done < e->nr) {
        uint64_t left = e->nr - done;
        unsigned int nr = left < BATCH ? (unsigned int)left : BATCH;

        if (batch(e, done, nr, xc_domain_decrease_reservation) != (long)nr)
            break;
        done += nr;
    }
    return done << e->order;
}

/* How many pages are not clean? */
static int64_t look(const struct extents *e)
{
    int64_t nr = 0;

    for (uint64_t gfn = e->first; gfn < e->first + (e->nr << e->order); gfn++) {
        uint64_t *page = (uint64_t *)(gfn << PAGE_SHIFT), any = 0;

        for (uint64_t i = 0; i < WORDS; i++) {
            any |= page[i];
            page[i] = TRACE;
        }
        nr += any != 0;
    }
    return nr;
}

void search(const char *when)
{
    struct extents large = {.first = START, .order = LARGE_ORDER}, small = {.order = 0};
    uint64_t pages;
    char what[80];

    take_all(&large);
    small.first = START + (large.nr << LARGE_ORDER);
    take_all(&small);
    pages = (large.nr << LARGE_ORDER) + small.nr;
    xc_hvm_param_set(NULL, DOMID_SELF, PAGES_PARAM, pages);
    snprintf(what, sizeof(what), "pages that are not clean, %s", when);
    case_equal(role, what, 0, look(&large) + look(&small));
    case_equal(role, "all of them can be given back", (int64_t)pages,
               (int64_t)(give_all(&large) + give_all(&small)));
}

static struct xen_memory_reservation list_of(xen_pfn_t *list, const struct extents *e)
{
    struct xen_memory_reservation r = {.nr_extents = e->nr, .extent_order = e->order, .domid = DOMID_SELF};

    for (uint64_t i = 0; i < e->nr; i++)
        list[i] = e->first + (i << e->order);
    set_xen_guest_handle(r.extent_start, list);
    return r;
}

static int64_t exchange_extents(const struct extents *from, const struct extents *to)
{
    static xen_pfn_t old[NR_SMALL], new[NR_SMALL];
    struct xen_memory_reservation in = list_of(old, from), out = list_of(new, to);

    return exchange(&in, &out);
}

/* The same few extents are exchanged again and again, so that the new ones come from all that is free: large
 * ones for small ones, and back. */
void search_by_exchange(const char *when)
{
    struct extents large = {.first = START, .nr = NR_LARGE, .order = LARGE_ORDER};
    struct extents small = {.first = FREE_GFN, .nr = NR_SMALL, .order = 0};
    int64_t unclean = 0, failed = 0;
    char what[80];

    case_equal(role, "extents to exchange", NR_LARGE, batch(&large, 0, NR_LARGE, populate));
    look(&large);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        failed += exchange_extents(&large, &small) != 0;
        unclean += look(&small);
        failed += exchange_extents(&small, &large) != 0;
        unclean += look(&large);
    }
    snprintf(what, sizeof(what), "exchanged pages that are not clean, %s", when);
    case_equal(role, what, 0, unclean);
    case_equal(role, "exchanges that failed", 0, failed);
    case_equal(role, "exchanged pages are given back", (int64_t)NR_SMALL, (int64_t)give_all(&large));
}
