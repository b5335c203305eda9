/* SPDX-License-Identifier: MIT */
/* A builder's own account of its claims. */
#include "ledger.h"

unsigned long ledger_total(const struct ledger *l)
{
    unsigned long sum = l->host;

    for (unsigned int n = 0; n < NR_NODES; n++)
        sum += l->node[n];
    return sum;
}

void ledger_set(struct ledger *l, unsigned int nr, const struct xen_memory_claim *set)
{
    *l = (struct ledger){.recalled = l->recalled};
    for (unsigned int i = 0; i < nr; i++)
        *(set[i].target < NR_NODES ? &l->node[set[i].target] : &l->host) = set[i].pages;
}

static unsigned long take(unsigned long *from, unsigned long left)
{
    unsigned long taken = MIN(*from, left);

    *from -= taken;
    return left - taken;
}

void ledger_redeem(struct ledger *l, unsigned long pages, nodeid_t node)
{
    pages = take(&l->node[node], pages);
    pages = take(&l->host, pages);
    for (unsigned int n = 0; n < NR_NODES; n++)
        pages = take(&l->node[n], pages);
}

static unsigned long recalled_of(struct domain_mem *d)
{
    struct domain_mem_info info;

    domain_mem_info(d, &info);
    return info.recalled_pages;
}

/* The claims, and how many were recalled before: read again while the number changes. */
static struct ledger claims_of(struct domain_mem *d)
{
    struct xen_memory_claim set[NR_NODES + 1];
    struct ledger now = {0};

    for (bool same = false; !same;) {
        unsigned int nr = ARRAY_SIZE(set);

        now.recalled = recalled_of(d);
        expect(domain_get_claim_entries(d, &nr, set) == 0, "the claims of d%u cannot be read", d->domid);
        ledger_set(&now, nr, set);
        same = now.recalled == recalled_of(d);
    }
    return now;
}

static bool is_same(const struct ledger *a, const struct ledger *b)
{
    bool same = a->host == b->host;

    for (unsigned int n = 0; n < NR_NODES; n++)
        same &= a->node[n] == b->node[n];
    return same;
}

void ledger_compare(struct ledger *l, struct domain_mem *d)
{
    struct ledger now = claims_of(d);
    unsigned long before = ledger_total(l), after = ledger_total(&now), lost = now.recalled - l->recalled;

    expect(lost || is_same(l, &now), "d%u: host %lu nodes %lu %lu %lu claimed, expected %lu and %lu %lu %lu",
           d->domid, now.host, now.node[0], now.node[1], now.node[2], l->host, l->node[0], l->node[1],
           l->node[2]);
    expect(after <= before && before - after <= lost, "d%u: %lu claimed of %lu, %lu were recalled", d->domid,
           after, before, lost);
    *l = now;
}
