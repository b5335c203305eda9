/* SPDX-License-Identifier: MIT */
/* Domains as a builder sees them: each worker is a vCPU of the privileged domain, on a CPU of its own. */
#include "level.h"
#include "privileged.h"

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

    expect(rc == 0, "destroydomain d%u: error %d", domains[i].domid, -rc);
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
    .release = calls_release,
    .destroy = calls_destroy,
    .renew = calls_renew,
};
