/* SPDX-License-Identifier: MIT */
/* The listing of where a domain's memory lies. */
#include "cmd.h"
#include "table.h"

#define RUNS  64U /* in one call */
#define SHOWN 40U /* to people, unless they want all */

struct listing {
    struct table t;
    struct xen_domain_map_run row; /* not printed yet: the next run may go on where it ends */
    uint64_t rows, limit;
    uint64_t pages[MAX_NODES];
};

static const char *page_size(unsigned int order)
{
    return order >= 18 ? "1 GiB" : order >= 9 ? "2 MiB" : "4 KiB";
}

static void end_row(struct listing *l)
{
    const struct xen_domain_map_run *row = &l->row;

    if (!row->nr_pages)
        return;
    if (row->node < MAX_NODES)
        l->pages[row->node] += row->nr_pages;
    if (l->rows++ >= l->limit)
        return;
    table_number(&l->t, row->gfn);
    table_number(&l->t, row->nr_pages);
    table_number(&l->t, row->node);
    table_text(&l->t, page_size(row->order));
}

/* A run that goes on where the row ends is part of it. */
static void add_run(struct listing *l, const struct xen_domain_map_run *run)
{
    struct xen_domain_map_run *row = &l->row;

    if (row->gfn + row->nr_pages == run->gfn && row->node == run->node && row->order == run->order) {
        row->nr_pages += run->nr_pages;
        return;
    }
    end_row(l);
    *row = *run;
}

static void print_sums(const struct listing *l, const char *name)
{
    const char *before = "pages: ";

    if (l->rows > l->limit)
        out("and %lu more: map %s all\n", (unsigned long)(l->rows - l->limit), name);
    for (unsigned int i = 0; i < MAX_NODES; i++) {
        if (!l->pages[i])
            continue;
        out("%s%lu on node %u", before, (unsigned long)l->pages[i], i);
        before = ", ";
    }
    out(l->rows ? "\n" : "no pages\n");
}

void cmd_map(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"gfn", 10, false},
        {"pages", 9, false},
        {"node", 4, false},
        {"mapped_by", -9, true},
    };
    static struct xen_domain_map_run runs[RUNS];
    struct listing l = {0};
    uint64_t gfn = 0;
    uint32_t domid;
    int nr = 0;

    if (!line_domain(a, r, &domid))
        return;
    table_begin(&l.t, given(a, OPT_JSON), COLUMNS(columns));
    l.limit = interactive && !l.t.json && !given(a, OPT_ALL) ? SHOWN : UINT64_MAX;
    while (!l.t.cancelled && gfn != ~0UL && (nr = xc_domain_map_runs(xch, domid, &gfn, RUNS, runs)) >= 0)
        for (int i = 0; i < nr; i++)
            add_run(&l, &runs[i]);
    end_row(&l);
    finish(r, nr);
    if (interactive && !l.t.json && !l.t.cancelled && !r->err)
        print_sums(&l, a->dom);
}
