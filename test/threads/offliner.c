/* SPDX-License-Identifier: MIT */
/* Pages leave and come back while they are free, used, mapped, being handed out or being freed. */
#include "soup.h"

#include "machine.h"

#define OUT  24U  /* pages that are out of use or marked at once, at most */
#define AREA 768U /* of each node: what lies behind stays whole for large extents */

static mfn_t random_page(struct worker *w)
{
    struct mem_range r = machine_node_range((nodeid_t)pick(w, nr_node_ids()));

    return mfn(r.start.v + pick(w, MIN(r.end.v - r.start.v, AREA)));
}

static void bring_back(const struct offline_way *way, mfn_t m)
{
    enum offline_outcome o = way->online(m);

    expect(o == ONLINE_DONE, "page %#lx: outcome %d of onlining it", m.v, o);
}

/* A page that is marked stays so until it is offline, and then that: nobody gets it, nobody else brings it
 * back. */
static void expect_out(const struct offline_way *way, mfn_t m)
{
    enum offline_outcome first = way->query(m), second = way->query(m);

    expect(first == OFFLINE_DONE || first == OFFLINE_PENDING, "page %#lx: outcome %d", m.v, first);
    expect(second == OFFLINE_DONE || (second == OFFLINE_PENDING && first == OFFLINE_PENDING),
           "page %#lx: outcome %d after %d", m.v, second, first);
}

static bool take_out(struct worker *w, const struct offline_way *way, mfn_t m)
{
    if (way->query(m) != ONLINE_NOTHING)
        return false; /* another one of ours */
    switch (way->offline(m)) {
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

void offline_some(struct worker *w, const struct offline_way *way)
{
    mfn_t out[OUT];
    unsigned int nr = 0;

    while (crew_goes_on(w)) {
        mfn_t m = random_page(w);

        if (nr < OUT && take_out(w, way, m))
            out[nr++] = m;
        if (nr) {
            expect_out(way, out[nr - 1]);
            expect_out(way, out[pick(w, nr)]);
        }
        if (nr && one_in(w, 3)) {
            uint64_t i = pick(w, nr);

            bring_back(way, out[i]);
            out[i] = out[--nr];
        }
        for (uint64_t i = pick(w, (uintptr_t)w->arg); i; i--)
            perturb();
    }
    while (nr)
        bring_back(way, out[--nr]);
}

static enum offline_outcome offline(mfn_t m)
{
    return heap_offline_page(m, false).outcome;
}

static enum offline_outcome online(mfn_t m)
{
    return heap_online_page(m).outcome;
}

static enum offline_outcome query(mfn_t m)
{
    return heap_query_page(m).outcome;
}

void offliner(struct worker *w)
{
    static const struct offline_way mm = {offline, online, query};

    offline_some(w, &mm);
}
