/* SPDX-License-Identifier: MIT */
/* Which of a claim set's targets had too little memory: the error number alone does not say. */
#include "guest_build.h"
#include <stdio.h>
#include <stdlib.h>

#define NODES        64U
#define ALL_TARGETS  (NODES + 1)
#define PAGES_IN_MIB 256UL

struct snapshot {
    xc_claiminfo_node_t node[NODES];
    struct xen_memory_claim own[ALL_TARGETS]; /* what the domain has claimed already: a new set replaces it */
    xc_claiminfo_t host;
    uint64_t owned; /* the domain's pages, which a legacy claim counts */
    uint32_t nr_own;
    unsigned int nr_nodes;
};

static bool take(xc_interface *xch, uint32_t domid, struct snapshot *s)
{
    xc_domaininfo_t info;

    s->nr_nodes = NODES;
    s->nr_own = ALL_TARGETS;
    if (xc_claiminfo(xch, &s->nr_nodes, s->node, &s->host) ||
        xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_GET, &s->nr_own, s->own) ||
        xc_domain_getinfolist(xch, domid, 1, &info) != 1)
        return false;
    s->owned = info.tot_pages;
    return true;
}

/* Claims of the domain itself, for one node or (NODES) of any kind. */
static uint64_t own_claims(const struct snapshot *s, uint32_t node)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < s->nr_own; i++)
        if (node == NODES || s->own[i].target == node)
            pages += s->own[i].pages;
    return pages;
}

/* True, and said in TEXT, when there is too little. */
static bool is_short(const char *where, uint64_t wanted, uint64_t room, char *text, size_t size)
{
    if (wanted <= room)
        return false;
    snprintf(text, size, "%s: %lu pages (%lu MiB) wanted, %lu (%lu MiB) free and unclaimed", where,
             (unsigned long)wanted, (unsigned long)(wanted / PAGES_IN_MIB), (unsigned long)room,
             (unsigned long)(room / PAGES_IN_MIB));
    return true;
}

static void find_shortage(const struct snapshot *s, const struct xen_memory_claim *set, uint32_t nr,
                          char *text, size_t size)
{
    uint64_t sum = 0;
    char where[16];

    for (uint32_t i = 0; i < nr; i++) {
        uint32_t target = set[i].target;
        bool legacy = target == XEN_DOMCTL_CLAIM_MEMORY_LEGACY && set[i].pages > s->owned;

        sum += set[i].pages - (legacy ? s->owned : 0);
        if (target >= NODES || target >= s->nr_nodes)
            continue;
        snprintf(where, sizeof(where), "node %u", target);
        if (is_short(where, set[i].pages,
                     s->node[target].free - s->node[target].claimed + own_claims(s, target), text, size))
            return;
    }
    is_short("host", sum, s->host.free - s->host.claimed + own_claims(s, NODES), text, size);
}

void guest_claim_shortage(xc_interface *xch, uint32_t domid, const struct xen_memory_claim *set, uint32_t nr,
                          char *text, size_t size)
{
    struct snapshot *s = malloc(sizeof(*s));

    *text = 0;
    if (s && take(xch, domid, s))
        find_shortage(s, set, nr, text, size);
    free(s);
}
