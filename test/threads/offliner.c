/* SPDX-License-Identifier: MIT */
/* Pages leave and come back while they are free, used, mapped, being handed out or being freed. */
#include "soup.h"

#include "machine.h"
#include "offline.h"

#define OUT 24U /* pages that are out of use or marked at once, at most */

static mfn_t random_page(struct worker *w)
{
    struct mem_range r = machine_node_range((nodeid_t)pick(w, nr_node_ids()));

    return mfn(r.start.v + pick(w, r.end.v - r.start.v));
}

static void bring_back(mfn_t m)
{
    struct offline_result r = heap_online_page(m);

    expect(r.outcome == ONLINE_DONE, "page %#lx: outcome %d of onlining it", m.v, r.outcome);
}

/* A page that is offline stays so: nobody gets it, nobody else brings it back. */
static void expect_out(mfn_t m)
{
    struct offline_result r = heap_query_page(m);

    expect(r.outcome == OFFLINE_DONE || r.outcome == OFFLINE_PENDING, "page %#lx: outcome %d", m.v,
           r.outcome);
    expect(r.outcome != OFFLINE_PENDING || heap_offline_page(m, false).outcome != ONLINE_NOTHING,
           "page %#lx lost its mark", m.v);
}

static bool take_out(struct worker *w, mfn_t m)
{
    if (heap_query_page(m).outcome != ONLINE_NOTHING)
        return false; /* another one of ours */
    switch (heap_offline_page(m, false).outcome) {
    case OFFLINE_DONE:
        w->granted++;
        return true;
    case OFFLINE_PENDING:
        return true;
    default:
        w->refused++;
        return false;
    }
}

/* The only one who offlines: what it knows must be so. */
void offliner(struct worker *w)
{
    mfn_t out[OUT];
    unsigned int nr = 0;

    while (crew_goes_on(w)) {
        mfn_t m = random_page(w);

        if (nr < OUT && take_out(w, m))
            out[nr++] = m;
        for (unsigned int i = 0; i < nr; i++)
            expect_out(out[i]);
        if (nr && one_in(w, 3)) {
            uint64_t i = pick(w, nr);

            bring_back(out[i]);
            out[i] = out[--nr];
        }
        for (uint64_t i = pick(w, (uintptr_t)w->arg); i; i--)
            perturb();
    }
    while (nr)
        bring_back(out[--nr]);
}
