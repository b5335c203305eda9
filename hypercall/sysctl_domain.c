/* SPDX-License-Identifier: MIT */
/* sysctl: lists over domains, and the map of a domain's memory. */
#include "domctl.h"
#include "page.h"
#include "sysctl.h"

int sysctl_getdomaininfolist(struct sysctl_call *c)
{
    struct xen_sysctl_getdomaininfolist *list = &c->op.u.getdomaininfolist;
    domid_t domid = list->first_domain;
    struct domain *d;

    list->num_domains = 0;
    while (list->num_domains < list->max_domains && (d = domain_get_next(domid))) {
        struct xen_domctl_getdomaininfo info;
        guest_ptr_t to = guest_ptr_add(handle_ptr(list->buffer), list->num_domains * sizeof(info));

        fill_domain_info(d, &info);
        domid = (domid_t)(d->domid + 1);
        domain_put(d);
        if (arch_copy_to_guest(to, &info, sizeof(info)))
            return refuse(EFAULT, "getdomaininfolist: entry %u cannot be written", list->num_domains);
        list->num_domains++;
    }
    c->copy_back = true;
    return 0;
}

/* The mapping [g, end) begins the run or goes on with it; false: it does neither. */
static bool extend_run(struct xen_domain_map_run *run, uint64_t g, uint64_t end, unsigned int order,
                       nodeid_t node)
{
    if (run->nr_pages == 0)
        *run = (struct xen_domain_map_run){g, 0, node, order};
    else if (g != run->gfn + run->nr_pages || order != run->order || node != run->node)
        return false;
    run->nr_pages += end - g;
    return true;
}

/* What the mappings from *g on begin with: a run of those that follow each other with the same order and
 * node, as far as the call may go on; or nothing. *g moves on, to ~0 at the end. */
static void next_run(struct vcpu *v, struct domain *d, gfn_t *g, struct xen_domain_map_run *run)
{
    run->nr_pages = 0;
    do {
        enum p2m_type type;
        unsigned int order;
        uint64_t end;
        mfn_t m;

        if (!p2m_next(&d->arch, g, &m, &order, &type)) {
            g->v = ~0UL;
            return;
        }
        end = (g->v | ((1UL << order) - 1)) + 1;
        if (type == P2M_RAM && !extend_run(run, g->v, end, order, READ_ONCE(mfn_to_page(m)->node)))
            return;
        g->v = end;
    } while (!call_is_long(v, 1));
}

static int copy_runs(struct vcpu *v, struct domain *d, struct xen_sysctl_domain_map *map)
{
    gfn_t g = gfn(map->first_gfn);
    struct xen_domain_map_run run;
    uint32_t nr = 0;

    while (nr < map->nr_runs && g.v != ~0UL) {
        next_run(v, d, &g, &run);
        if (run.nr_pages) {
            if (arch_copy_to_guest(guest_ptr_add(handle_ptr(map->runs), nr * sizeof(run)), &run, sizeof(run)))
                return refuse(EFAULT, "domain_map: run %u cannot be written", nr);
            nr++;
        }
        if (call_is_long(v, 0))
            break;
    }
    map->first_gfn = g.v;
    map->nr_runs = nr;
    return 0;
}

int sysctl_domain_map(struct sysctl_call *c)
{
    struct xen_sysctl_domain_map *map = allod_domain_map(&c->op);
    struct domain *d = domain_get(map->domid);
    int rc;

    if (!d)
        return refuse(ESRCH, "domain_map: no domain %u", map->domid);
    rc = copy_runs(c->v, d, map);
    domain_put(d);
    c->copy_back = rc == 0;
    return rc;
}
