/* SPDX-License-Identifier: MIT */
/* Where the domains' pages lie: by a walk over all of the machine's pages, node by node, and by one over
 * each domain's. */
#include "pvh.h"
#include "storm.h"
#include <stdio.h>
#include <string.h>

#define RUNS     128
#define STRIPES  256U /* of a node in the picture */
#define ALL_USES 0xffffU

/* Who has the pages of a stripe: a domain's number, or one of these. */
enum { FREE = MAX_DOMAINS, HYPERVISOR, OTHERS, NR_OWNERS };

static struct xen_page_run runs[RUNS];
static unsigned int owner_of[DOMID_FIRST_RESERVED]; /* domid to number */

struct stripe {
    uint64_t first, size; /* of the node, and pages in a stripe */
    uint64_t end;         /* of the current one */
    uint64_t pages[NR_OWNERS];
    bool printed; /* one of this node */
};

static void index_domains(const struct storm *s)
{
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++)
        owner_of[i] = OTHERS;
    for (unsigned int i = 0; i < s->nr; i++)
        if (s->domain[i].state == STARTED)
            owner_of[s->domain[i].domid] = i;
}

static unsigned int owner(const struct xen_page_run *run)
{
    if (run->use == ALLOD_PAGE_FREE)
        return FREE;
    return run->owner < DOMID_FIRST_RESERVED ? owner_of[run->owner] : HYPERVISOR;
}

/* Call EACH for all runs of a node. */
static void for_each_run(unsigned int node, void (*each)(void *context, const struct xen_page_run *run),
                         void *context)
{
    uint64_t mfn = 0;
    int nr = 0;

    while (mfn != ~0UL && (nr = xc_page_runs(xch, &mfn, ALL_USES, node, DOMID_INVALID, RUNS, runs)) >= 0)
        for (int i = 0; i < nr; i++)
            each(context, &runs[i]);
}

static void count(void *context, const struct xen_page_run *run)
{
    struct storm *s = context;
    unsigned int who = owner(run);

    if (who < s->nr)
        s->domain[who].on[run->node] += run->nr_pages;
}

static void count_ram(struct storm_domain *d)
{
    struct xen_domain_map_run map[RUNS];
    uint64_t gfn = 0;
    int nr = 0;

    while (gfn != ~0UL && (nr = xc_domain_map_runs(xch, d->domid, &gfn, RUNS, map)) >= 0)
        for (int i = 0; i < nr; i++)
            if (map[i].gfn < PVH_HOLE_START >> PAGE_SHIFT || map[i].gfn >= PVH_HOLE_END >> PAGE_SHIFT)
                d->ram_on[map[i].node] += map[i].nr_pages;
}

static void find_span(void *context, const struct xen_page_run *run)
{
    struct stripe *st = context;

    if (!st->end)
        st->first = run->mfn;
    st->end = run->mfn + run->nr_pages;
}

/* {"who": pages, ...}; the names of what is no domain of the storm have no digits. */
static void print_stripe(struct stripe *st)
{
    static const char *const names[] = {"free", "hypervisor", "others"};
    const char *comma = "";

    printf("%s{", st->printed ? "," : "");
    for (unsigned int i = 0; i < NR_OWNERS; i++) {
        if (!st->pages[i])
            continue;
        if (i < FREE)
            printf("%s\"%u\":%lu", comma, i, st->pages[i]);
        else
            printf("%s\"%s\":%lu", comma, names[i - FREE], st->pages[i]);
        comma = ",";
    }
    printf("}");
    st->printed = true;
    memset(st->pages, 0, sizeof(st->pages));
}

static void add_to_stripes(void *context, const struct xen_page_run *run)
{
    struct stripe *st = context;
    uint64_t mfn = run->mfn, left = run->nr_pages;

    while (left) {
        uint64_t nr;

        for (; mfn >= st->end; st->end += st->size)
            print_stripe(st);
        nr = st->end - mfn < left ? st->end - mfn : left;
        st->pages[owner(run)] += nr;
        mfn += nr;
        left -= nr;
    }
}

static void print_node(unsigned int node)
{
    static struct stripe st;

    memset(&st, 0, sizeof(st));
    for_each_run(node, find_span, &st);
    if (!st.end)
        return;
    st.size = (st.end - st.first + STRIPES - 1) / STRIPES;
    printf("{\"stripes\":[");
    st.end = st.first + st.size;
    for_each_run(node, add_to_stripes, &st);
    print_stripe(&st);
    printf("],\"node\":%u,\"first\":%lu,\"pages\":%lu}\n", node, st.first, st.size);
}

void measure(struct storm *s, const struct machine *m)
{
    index_domains(s);
    for (unsigned int n = 0; n < m->nr_nodes; n++)
        for_each_run(n, count, s);
    for (unsigned int i = 0; i < s->nr; i++)
        if (s->domain[i].state == STARTED)
            count_ram(&s->domain[i]);
    for (unsigned int n = 0; n < m->nr_nodes && s->detail; n++)
        print_node(n);
}
