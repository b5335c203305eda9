/* SPDX-License-Identifier: MIT */
/* Take all memory that is free, in large and in small extents, look at every word of it, write to all of it,
 * and give it back. */
#include "isolation.h"
#include <stdio.h>

#define START       PAGES(PROBER_SIZE)
#define LARGE_ORDER 9U
#define BATCH       64U
#define WORDS       (PAGE_SIZE / 8)
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
    tap_equal(what, 0, look(&large) + look(&small));
    tap_equal("all of them can be given back", (int64_t)pages,
              (int64_t)(give_all(&large) + give_all(&small)));
}
