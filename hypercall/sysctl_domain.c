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

/* The first run at or after *g: mappings that follow each other with the same order and node. *g moves on. */
static bool next_run(struct domain *d, gfn_t *g, struct xen_domain_map_run *run)
{
    enum p2m_type type;
    unsigned int order;
    mfn_t m;

    run->nr_pages = 0;
    while (p2m_next(&d->arch, g, &m, &order, &type)) {
        uint64_t end = (g->v | ((1UL << order) - 1)) + 1;

        if (type != P2M_RAM) {
            g->v = end;
            continue;
        }
        if (run->nr_pages == 0)
            *run = (struct xen_domain_map_run){g->v, 0, mfn_to_page(m)->node, order};
        else if (g->v != run->gfn + run->nr_pages || order != run->order || mfn_to_page(m)->node != run->node)
            return true;
        run->nr_pages += end - g->v;
        g->v = end;
    }
    return run->nr_pages > 0;
}

static int copy_runs(struct domain *d, struct xen_sysctl_domain_map *map)
{
    gfn_t g = gfn(map->first_gfn);
    struct xen_domain_map_run run;
    uint32_t nr = 0;

    while (nr < map->nr_runs && next_run(d, &g, &run)) {
        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(map->runs), nr * sizeof(run)), &run, sizeof(run)))
            return refuse(EFAULT, "domain_map: run %u cannot be written", nr);
        nr++;
    }
    map->first_gfn = nr < map->nr_runs ? ~0UL : g.v;
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
    rc = copy_runs(d, map);
    domain_put(d);
    c->copy_back = rc == 0;
    return rc;
}
