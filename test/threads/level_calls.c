/* SPDX-License-Identifier: MIT */
/* Domains as a builder sees them: each worker is a vCPU of the privileged domain, on a CPU of its own. */
#include "level.h"
#include "privileged.h"

#define RUNS 64U

static struct call_domain domains[LEVEL_DOMAINS];

static void calls_renew(unsigned int i)
{
    int rc = call_create(&domains[i], LEVEL_MAX_PAGES);

    expect(rc == 0, "a new domain: error %d", -rc);
}

static void calls_open(void)
{
    calls_boot(768);
    for (unsigned int i = 0; i < LEVEL_DOMAINS; i++)
        calls_renew(i);
}

static int calls_claim(unsigned int i, unsigned int nr, struct xen_memory_claim *set)
{
    return call_claim(domains[i].domid, nr, set);
}

static unsigned long calls_populate(unsigned int i, unsigned long nr, int node)
{
    return call_populate(&domains[i], nr, 0, node == ANY_NODE ? 0 : XENMEMF_exact_node(node));
}

static unsigned long calls_on_node(unsigned int i, uint32_t node)
{
    struct xen_domain_map_run runs[RUNS];
    unsigned long pages = 0;
    uint64_t gfn = 0;

    while (gfn != ~0UL) {
        int nr = xc_domain_map_runs(NULL, domains[i].domid, &gfn, RUNS, runs);

        expect(nr >= 0, "domain_map of d%u: errno %d", domains[i].domid, errno);
        for (int run = 0; run < nr; run++)
            pages += runs[run].node == node ? runs[run].nr_pages : 0;
    }
    return pages;
}

static unsigned long calls_claimed(unsigned int i)
{
    xc_dominfo_t info;

    expect(xc_domain_getinfo(NULL, domains[i].domid, 1, &info) == 1, "getinfo of d%u: errno %d",
           domains[i].domid, errno);
    return info.nr_outstanding_pages;
}

static void calls_set_max(unsigned int i, unsigned long pages)
{
    int rc = call_set_max(domains[i].domid, pages);

    expect(rc == 0, "max_mem of d%u: error %d", domains[i].domid, -rc);
}

static void calls_release(unsigned int i)
{
    struct call_domain *d = &domains[i];
    unsigned long released = call_decrease(d, 0, d->pages);

    expect(released == d->pages, "d%u: %lu pages of %lu released", d->domid, released, d->pages);
    d->pages = 0;
}

static void calls_destroy(unsigned int i)
{
    int rc = call_destroy(domains[i].domid);

    expect(rc == 0 || rc == -ESRCH, "destroydomain d%u: error %d", domains[i].domid, -rc);
}

static void calls_close(void)
{
    for (unsigned int i = 0; i < LEVEL_DOMAINS; i++)
        calls_destroy(i);
    calls_end();
}

const struct level level_calls = {
    .name = "hypercalls",
    .open = calls_open,
    .close = calls_close,
    .enter = calls_enter,
    .claim = calls_claim,
    .populate = calls_populate,
    .on_node = calls_on_node,
    .claimed = calls_claimed,
    .set_max = calls_set_max,
    .release = calls_release,
    .destroy = calls_destroy,
    .renew = calls_renew,
};
