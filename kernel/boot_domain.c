/* SPDX-License-Identifier: MIT */
/* Building boot domains, in the order of docs/claims.md section 10: quota, claim, memory, contents, start. */
#include "boot_domain.h"
#include "boot_memory.h"
#include "console_input.h"
#include "domain_pages.h"
#include "domheap.h"
#include "error.h"
#include "log.h"
#include "ring.h"
#include "schedule.h"
#include <string.h>

static struct boot_plan plans[CONFIG_MAX_DOMAINS];
static unsigned int nr_plans;

/* ---- checks ---- */

/* Do all domains fit into what is free now? */
static int check_memory(void)
{
    struct heap_info info;
    unsigned long left;

    heap_info(&info);
    left = info.avail_pages - info.claimed_pages;
    for (unsigned int i = 0; i < nr_plans; i++) {
        const struct config_domain *c = plans[i].config;
        unsigned long need = boot_memory_pages(&plans[i]) + plans[i].paging_pages;
        bool gib = c->memory % GiB == 0;

        if (need > left) {
            log_err("allod.cfg:%u: domain %s: memory = %lu%c, but only %lu MiB are left for it\n", c->line,
                    c->name, c->memory / (gib ? GiB : MiB), gib ? 'G' : 'M', (left << PAGE_SHIFT) / MiB);
            return -ENOMEM;
        }
        left -= need;
    }
    return 0;
}

static int make_plans(const struct boot_info *bi, const struct config *c)
{
    int rc = 0;

    nr_plans = c->nr_domains;
    for (unsigned int i = 0; i < nr_plans; i++) {
        int one = boot_plan_make(&plans[i], bi, &c->domains[i]);

        rc = rc ? rc : one;
    }
    return rc ? rc : check_memory();
}

/* ---- contents ---- */

static void copy_to_domain(struct domain *d, uint64_t to, const void *from, uint64_t size)
{
    const char *src = from;

    while (size) {
        uint64_t offset = to & ~PAGE_MASK, n = MIN(PAGE_SIZE - offset, size);
        mfn_t m;

        BUG_ON(p2m_lookup(&d->arch, gpaddr_to_gfn(gpaddr(to)), &m, NULL) !=
               P2M_RAM); /* checked by the plan */
        memcpy((char *)mfn_to_virt(m) + offset, src, n);
        to += n;
        src += n;
        size -= n;
    }
}

/* The domain's pages are zero, so what a file leaves of a segment needs no clearing. */
static int load(struct boot_plan *plan)
{
    static char blob[PVH_ACPI_MAX]; /* for the start information, too */
    const struct pvh_start_layout *l = &plan->layout;

    if (l->blob_size > sizeof(blob))
        return -E2BIG;
    for (unsigned int i = 0; i < plan->image.nr_segments; i++) {
        const struct pvh_segment *s = &plan->image.segment[i];

        copy_to_domain(plan->domain, s->paddr, s->data, s->filesz);
    }
    for (unsigned int i = 0; i < plan->start.nr_modules; i++)
        copy_to_domain(plan->domain, l->module[i], paddr_to_virt(paddr(plan->files[i]->start)),
                       plan->files[i]->size);
    pvh_start_info_build(&plan->start, l, blob);
    copy_to_domain(plan->domain, l->start_info, blob, l->blob_size);
    pvh_acpi_build(plan->config->vcpus, &plan->numa, PVH_ACPI_START, blob);
    copy_to_domain(plan->domain, PVH_ACPI_START, blob, pvh_acpi_size(plan->config->vcpus, &plan->numa));
    return 0;
}

/* For guests that ask the hypervisor for it (XENMEM_memory_map). */
static int set_memory_map(const struct boot_plan *plan)
{
    struct domain *d = plan->domain;
    struct memory_map_entry *map;

    spin_lock(&d->domctl_lock);
    map = domain_page_alloc(d);
    if (map) {
        for (unsigned int i = 0; i < plan->start.nr_memmap; i++)
            map[i] =
                (struct memory_map_entry){plan->memmap[i].addr, plan->memmap[i].size, plan->memmap[i].type};
        domain_page_replace(d, DOMAIN_PAGE_MEMORY_MAP, map);
        d->nr_memory_map = plan->start.nr_memmap;
    }
    spin_unlock(&d->domctl_lock);
    return map ? 0 : -ENOMEM;
}

/* ---- the sequence ---- */

/* The nodes come first: the vCPUs, and what is kept for them, go where the domain's memory is. */
static int create(struct boot_plan *plan, nodemask_t nodes, bool console_owner)
{
    int rc = domain_create(0, plan->config->vcpus, &plan->domain);

    if (rc)
        return rc;
    domain_set_boot(plan->domain);
    plan->domain->privileged = plan->config->privileged;
    plan->domain->console_owner = console_owner;
    if (console_owner)
        console_set_home(plan->domain);
    if (nodes) {
        plan->domain->mem.node_affinity = nodes;
        plan->domain->mem.auto_node_affinity = false;
    }
    for (unsigned int i = 0; i < plan->config->vcpus && !rc; i++)
        rc = domain_add_vcpu(plan->domain, i);
    return rc;
}

static int open_rings(struct domain *d)
{
    int rc;

    spin_lock(&d->domctl_lock);
    rc = ring_open(d, RING_CONSOLE, PVH_CONSOLE_GFN);
    if (rc == 0)
        rc = ring_open(d, RING_STORE, PVH_STORE_GFN);
    spin_unlock(&d->domctl_lock);
    return rc;
}

static int fill(struct boot_plan *plan, nodemask_t nodes)
{
    int rc = boot_memory_populate(plan, nodes);

    if (rc == 0)
        rc = set_memory_map(plan);
    if (rc == 0)
        rc = open_rings(plan->domain);
    if (rc == 0)
        rc = boot_memory_set_vnuma(plan);
    return rc ? rc : load(plan);
}

static int build(struct boot_plan *plan, bool console_owner)
{
    nodemask_t nodes = boot_memory_nodes(plan);
    struct domain *d;
    int rc = create(plan, nodes, console_owner);

    if (rc)
        return rc;
    d = plan->domain;
    do
        rc = paging_set_allocation(&d->mem, plan->paging_pages);
    while (rc == -ERESTART);
    if (rc)
        return rc;
    domain_set_max_pages(&d->mem, boot_memory_pages(plan));
    rc = boot_memory_claim(plan, nodes);
    if (!rc)
        rc = fill(plan, nodes);
    if (rc)
        return rc;
    arch_vcpu_set_pvh(d->vcpu[0]->arch, plan->image.entry, (uint32_t)plan->layout.start_info);
    d->vcpu[0]->initialised = true;
    vcpu_up(d->vcpu[0]);
    return boot_memory_unclaim(plan);
}

int boot_domains_build(const struct boot_info *bi, const struct config *c)
{
    int rc = make_plans(bi, c);

    for (unsigned int i = 0; i < nr_plans && !rc; i++) {
        rc = build(&plans[i], i == config_console_owner(c));
        if (rc)
            log_err("domain %s: cannot be built, error %d\n", c->domains[i].name, -rc);
        else
            log_info("d%u is %s: %lu MiB, %u vCPU%s%s\n", plans[i].domain->domid, c->domains[i].name,
                     c->domains[i].memory / MiB, c->domains[i].vcpus, c->domains[i].vcpus == 1 ? "" : "s",
                     c->domains[i].privileged ? ", privileged" : "");
    }
    return rc;
}

void boot_domains_start(void)
{
    for (unsigned int i = 0; i < nr_plans; i++) {
        BUG_ON(domain_unpause(plans[i].domain));
        domain_put(plans[i].domain);
    }
}
