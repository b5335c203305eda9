/* SPDX-License-Identifier: MIT */
/* Boot domains' memory: on one node if it fits there, or shared out to the nodes that the configuration
 * names. */
#include "boot_memory.h"
#include "claims.h"
#include "domain_pages.h"
#include "domheap.h"
#include "error.h"
#include <string.h>

unsigned long boot_memory_pages(const struct boot_plan *plan)
{
    return plan->pages + plan->acpi_pages;
}

/* The online node with the most unclaimed memory, NUMA_NO_NODE if even there PAGES are too many. */
static nodeid_t choose_node(unsigned long pages)
{
    nodeid_t node, best = NUMA_NO_NODE;
    struct heap_info info;
    unsigned long most = 0;

    heap_info(&info);
    for_each_node_in (node, node_online_map) {
        unsigned long unclaimed = info.node_avail[node] - info.node_claimed[node];

        if (unclaimed >= pages && unclaimed > most) {
            most = unclaimed;
            best = node;
        }
    }
    return best;
}

nodemask_t boot_memory_nodes(const struct boot_plan *plan)
{
    nodemask_t nodes = 0;
    nodeid_t best;

    for (unsigned int i = 0; i < plan->numa.nr_nodes; i++)
        nodes |= node_bit((nodeid_t)plan->numa.host_node[i]);
    if (nodes)
        return nodes;
    best = choose_node(boot_memory_pages(plan) + plan->paging_pages);
    return best == NUMA_NO_NODE ? 0 : node_bit(best);
}

/* ---- claims ---- */

/* The tables lie with the first node's memory. */
static unsigned long pages_from(const struct boot_plan *plan, nodeid_t node, bool first)
{
    const struct pvh_numa *n = &plan->numa;
    unsigned long pages = first ? plan->acpi_pages : 0;

    if (!n->nr_nodes)
        return pages + plan->pages;
    for (unsigned int i = 0; i < n->nr_ranges; i++)
        if (n->host_node[n->range[i].nid] == node)
            pages += (n->range[i].end - n->range[i].start) >> PAGE_SHIFT;
    return pages;
}

int boot_memory_claim(const struct boot_plan *plan, nodemask_t nodes)
{
    memory_claim_t set[CONFIG_MAX_VNODES] = {
        {.pages = boot_memory_pages(plan), .target = XEN_DOMCTL_CLAIM_MEMORY_HOST}};
    unsigned int nr = 0;
    nodeid_t node;

    for_each_node_in (node, nodes) {
        set[nr] = (memory_claim_t){.pages = pages_from(plan, node, nr == 0), .target = node};
        nr++;
    }
    return domain_set_claim_entries(&plan->domain->mem, nr ? nr : 1, set);
}

int boot_memory_unclaim(const struct boot_plan *plan)
{
    memory_claim_t none = {.target = XEN_DOMCTL_CLAIM_MEMORY_HOST};

    return domain_set_claim_entries(&plan->domain->mem, 1, &none);
}

/* ---- pages ---- */

/* The largest block that fits at G, that ends by END, and that there is memory for. */
static int populate_block(struct domain *d, gfn_t g, uint64_t end, unsigned int memflags, unsigned int *order)
{
    struct page_info *pg = NULL;
    unsigned int try = MIN(fls64(end - g.v), MAX_ORDER);

    if (g.v)
        try = MIN(try, ffs64(g.v));
    for (;; try--) {
        pg = alloc_domheap_pages(&d->mem, try, memflags);
        if (pg || try == 0)
            break;
    }
    if (!pg)
        return -ENOMEM;
    *order = try;
    return p2m_map(&d->arch, g, page_to_mfn(pg), try, P2M_RAM);
}

static int populate(struct domain *d, uint64_t start, uint64_t end, unsigned int memflags)
{
    for (uint64_t g = start >> PAGE_SHIFT; g < end >> PAGE_SHIFT;) {
        unsigned int order = 0;
        int rc = populate_block(d, gfn(g), end >> PAGE_SHIFT, memflags, &order);

        if (rc)
            return rc;
        g += 1UL << order;
    }
    return 0;
}

/* Each virtual node's RAM from exactly its node, all else from where it is to be had. */
int boot_memory_populate(const struct boot_plan *plan, nodemask_t nodes)
{
    const struct pvh_numa *n = &plan->numa;
    nodeid_t first = nodes ? (nodeid_t)ffs64(nodes) : NUMA_NO_NODE;
    int rc = 0;

    for (unsigned int i = 0; i < n->nr_ranges && !rc; i++)
        rc = populate(plan->domain, n->range[i].start, n->range[i].end,
                      MEMF_node(n->host_node[n->range[i].nid]) | MEMF_exact_node);
    for (unsigned int i = 0; i < plan->start.nr_memmap && !rc; i++) {
        const struct hvm_memmap_table_entry *e = &plan->memmap[i];

        if (e->type == XEN_HVM_MEMMAP_TYPE_ACPI || (e->type == XEN_HVM_MEMMAP_TYPE_RAM && !n->nr_nodes))
            rc = populate(plan->domain, e->addr, e->addr + e->size, MEMF_node(first));
    }
    return rc;
}

/* ---- what the guest may ask for ---- */

static int give_page(struct domain *d, enum domain_page which, const void *data, size_t size)
    REQUIRES(d->domctl_lock)
{
    void *page = domain_page_alloc(d);

    if (!page)
        return -ENOMEM;
    memcpy(page, data, size);
    domain_page_replace(d, which, page);
    return 0;
}

int boot_memory_set_vnuma(const struct boot_plan *plan)
{
    static struct vnuma_maps maps;
    const struct pvh_numa *n = &plan->numa;
    struct domain *d = plan->domain;
    int rc;

    if (!n->nr_nodes)
        return 0;
    memcpy(maps.vcpu_to_vnode, n->vcpu_to_node, sizeof(maps.vcpu_to_vnode));
    memcpy(maps.vnode_to_pnode, n->host_node, sizeof(maps.vnode_to_pnode));
    spin_lock(&d->domctl_lock);
    rc = give_page(d, DOMAIN_PAGE_VNUMA_DISTANCE, n->distance, sizeof(n->distance));
    rc = rc ? rc : give_page(d, DOMAIN_PAGE_VNUMA_MAPS, &maps, sizeof(maps));
    rc = rc ? rc : give_page(d, DOMAIN_PAGE_VNUMA_RANGES, n->range, sizeof(n->range));
    if (!rc) {
        d->nr_vnodes = n->nr_nodes;
        d->nr_vmemranges = n->nr_ranges;
    }
    spin_unlock(&d->domctl_lock);
    return rc;
}
_Static_assert(PVH_MAX_VCPUS == MAX_VCPUS && PVH_MAX_VNODES == MAX_VNODES, "the same limits");
