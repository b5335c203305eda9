/* SPDX-License-Identifier: MIT */
/* The soup through hypercalls: pages are exchanged, taken out of use and listed, and come in large extents.
 */
#include "soup_calls.h"

#include "level.h"
#include "soup.h"
#include <xenguest.h>

#define LARGE 10U /* the smallest order that is scrubbed in steps */
#define LISTS 64U /* frames that one exchange names */

void exchange_some(struct worker *w, uint32_t domid, unsigned long frames)
{
    const unsigned int in_order = (unsigned int)pick(w, 3), out_order = (unsigned int)pick(w, 3);
    const unsigned long first = pick(w, frames) & ~3UL, pages = 4 * (1 + pick(w, LISTS / 4));
    xen_pfn_t in[LISTS], out[LISTS];
    struct xen_memory_exchange op = {
        .in = {.nr_extents = pages >> in_order, .extent_order = in_order, .domid = (domid_t)domid},
        .out = {.nr_extents = pages >> out_order, .extent_order = out_order, .domid = (domid_t)domid},
    };
    int rc;

    for (unsigned int i = 0; i < LISTS; i++) {
        in[i] = first + ((xen_pfn_t)i << in_order);
        out[i] = first + ((xen_pfn_t)i << out_order);
    }
    set_xen_guest_handle(op.in.extent_start, in);
    set_xen_guest_handle(op.out.extent_start, out);
    op.out.mem_flags = one_in(w, 2) ? XENMEMF_exact_node(pick(w, LEVEL_NODES)) : 0;
    rc = error_of((int)xc_memory_op(NULL, XENMEM_exchange, &op, sizeof(op)));
    expect(rc == 0 || rc == -EINVAL || rc == -ENOMEM || rc == -EEXIST || rc == -ESRCH, "exchange: error %d",
           -rc);
    op.nr_exchanged ? w->granted++ : w->refused++;
}

static xen_pfn_t large_frame(struct worker *w)
{
    return (1 + pick(w, 3)) << LARGE;
}

void populate_large(struct worker *w, uint32_t domid)
{
    xen_pfn_t frame = large_frame(w);
    unsigned int flags = one_in(w, 2) ? XENMEMF_exact_node(1) : 0;
    int came;

    call_set_max(domid, LEVEL_MAX_PAGES);
    came = xc_domain_populate_physmap(NULL, domid, 1, LARGE, flags, &frame);

    expect(came >= 0, "populate: errno %d", errno);
    came ? w->granted++ : w->refused++;
}

void decrease_large(struct worker *w, uint32_t domid)
{
    xen_pfn_t frame = large_frame(w);

    expect(xc_domain_decrease_reservation(NULL, domid, 1, LARGE, &frame) >= 0, "decrease: errno %d", errno);
}

/* ---- out of use, by page_offline_op ---- */

static uint32_t
page_status(int (*call)(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status), mfn_t m)
{
    uint32_t status = 0;

    expect(call(NULL, m.v, m.v, &status) == 0, "page %#lx: errno %d", m.v, errno);
    return status;
}

static enum offline_outcome offline(mfn_t m)
{
    uint32_t status = page_status(xc_mark_page_offline, m);

    expect(status & (PG_OFFLINE_OFFLINED | PG_OFFLINE_PENDING | PG_OFFLINE_AGAIN), "page %#lx: status %#x",
           m.v, status);
    return status & PG_OFFLINE_OFFLINED  ? OFFLINE_DONE
           : status & PG_OFFLINE_PENDING ? OFFLINE_PENDING
                                         : OFFLINE_AGAIN;
}

static enum offline_outcome online(mfn_t m)
{
    return page_status(xc_mark_page_online, m) & PG_ONLINE_ONLINED ? ONLINE_DONE : ONLINE_NOTHING;
}

static enum offline_outcome query(mfn_t m)
{
    uint32_t status = page_status(xc_query_page_offline_status, m);

    return status & PG_OFFLINE_STATUS_OFFLINED          ? OFFLINE_DONE
           : status & PG_OFFLINE_STATUS_OFFLINE_PENDING ? OFFLINE_PENDING
                                                        : ONLINE_NOTHING;
}

void call_offliner(struct worker *w)
{
    static const struct offline_way calls = {offline, online, query};

    calls_enter(w);
    offline_some(w, &calls);
}

/* ---- page_runs ---- */

/* One walk: whatever changes meanwhile, every page of the heap comes, once. */
static void walk_once(struct worker *w)
{
    struct xen_page_run runs[16];
    uint64_t next = 0, end = 0, pages = 0;
    struct heap_info info;

    while (next != ~0UL) {
        int nr = xc_page_runs(NULL, &next, 0xffff, ALLOD_ANY_NODE, DOMID_INVALID, ARRAY_SIZE(runs), runs);

        expect(nr >= 0, "page_runs: errno %d", errno);
        for (int i = 0; i < nr; i++) {
            expect(runs[i].mfn >= end && runs[i].nr_pages, "a run of %lu pages at %#lx after %#lx",
                   (unsigned long)runs[i].nr_pages, (unsigned long)runs[i].mfn, end);
            expect(runs[i].node < LEVEL_NODES && runs[i].use <= ALLOD_PAGE_BROKEN, "node %u, use %u",
                   runs[i].node, runs[i].use);
            end = runs[i].mfn + runs[i].nr_pages;
            pages += runs[i].nr_pages;
        }
        w->granted += (unsigned int)nr;
        perturb();
    }
    heap_info(&info);
    expect(pages == info.total_pages, "%lu pages of %lu", pages, info.total_pages);
}

void call_runs(struct worker *w)
{
    calls_enter(w);
    while (crew_goes_on(w))
        walk_once(w);
}
