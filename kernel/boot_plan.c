/* SPDX-License-Identifier: MIT */
/* Checks of a boot domain: are its files there, can the image be started, does all of it fit? */
#include "boot_plan.h"
#include "error.h"
#include "log.h"
#include "map.h"
#include "node.h"
#include <string.h>

/* The paging pool as Xen's tools size it: 2 pages for each MiB, 256 for each vCPU. */
#define PAGING_PAGES_PER_MIB  2
#define PAGING_PAGES_PER_VCPU 256

#define SHARE_ALIGN           (2 * MiB)

#define wrong(plan, fmt, ...)                                                                                \
    (log_err("allod.cfg:%u: domain %s: " fmt "\n", (plan)->config->line, (plan)->config->name,               \
             ##__VA_ARGS__),                                                                                 \
     -EINVAL)

static const struct boot_module *find_file(const struct boot_info *bi, const char *name)
{
    for (unsigned int i = 0; i < bi->nr_modules; i++)
        if (!strcmp(bi->modules[i].name, name))
            return &bi->modules[i];
    return NULL;
}

static int plan_image(struct boot_plan *plan, const struct boot_info *bi)
{
    const struct boot_module *file = find_file(bi, plan->config->image);
    const char *mistake;

    if (!file)
        return wrong(plan, "its image %s is not on the boot volume", plan->config->image);
    mistake = pvh_parse(&plan->image, paddr_to_virt(paddr(file->start)), file->size, plan->config->memory);
    if (mistake)
        return wrong(plan, "its image %s (%lu bytes): %s", file->name, file->size, mistake);
    return 0;
}

static int plan_modules(struct boot_plan *plan, const struct boot_info *bi)
{
    for (unsigned int i = 0; i < plan->config->nr_modules; i++) {
        const struct boot_module *file = find_file(bi, plan->config->modules[i]);

        if (!file)
            return wrong(plan, "its module %s is not on the boot volume", plan->config->modules[i]);
        plan->files[i] = file;
        plan->modules[i] = (struct pvh_module){.cmdline = file->name, .size = file->size};
    }
    return 0;
}

/* The start info and the modules' contents follow the image. */
static int plan_start(struct boot_plan *plan)
{
    const struct config_domain *c = plan->config;
    uint64_t low = MIN(c->memory, PVH_HOLE_START);
    const char *mistake;

    plan->start = (struct pvh_start){
        .flags = c->privileged ? SIF_PRIVILEGED | SIF_INITDOMAIN : 0,
        .cmdline = c->cmdline,
        .nr_modules = c->nr_modules,
        .modules = plan->modules,
        .rsdp = PVH_ACPI_START,
        .nr_memmap = pvh_memory_map(c->memory, plan->acpi_pages << PAGE_SHIFT, plan->memmap),
        .memmap = plan->memmap,
    };
    mistake = pvh_start_layout(&plan->start, (plan->image.end + PAGE_SIZE - 1) & PAGE_MASK, &plan->layout);
    if (mistake)
        return wrong(plan, "%s", mistake);
    if (plan->layout.end > low)
        return wrong(plan, "its image and modules need %lu KiB of memory, it has %lu KiB",
                     plan->layout.end / KiB, low / KiB);
    return 0;
}

/* Equal shares of the memory, whole superpages if there is one for each; the last node has the rest. */
static int plan_vnodes(struct boot_plan *plan)
{
    const struct config_domain *c = plan->config;
    uint64_t share = c->nr_vnodes ? c->memory / c->nr_vnodes : 0;
    struct pvh_numa *n = &plan->numa;

    share &= share < SHARE_ALIGN ? PAGE_MASK : ~(SHARE_ALIGN - 1);
    for (unsigned int i = 0; i < c->nr_vnodes; i++) {
        if (!node_in((nodeid_t)c->vnodes[i], node_online_map))
            return wrong(plan, "there is no node %u for its virtual node %u", c->vnodes[i], i);
        pvh_numa_add(n, c->vnodes[i], i + 1 < c->nr_vnodes ? share : c->memory - i * share);
    }
    pvh_numa_place_vcpus(n, c->vcpus);
    for (unsigned int i = 0; i < n->nr_nodes * n->nr_nodes; i++)
        pvh_numa_set_distance(
            n, i / n->nr_nodes, i % n->nr_nodes,
            node_distance((nodeid_t)n->host_node[i / n->nr_nodes], (nodeid_t)n->host_node[i % n->nr_nodes]));
    return 0;
}

int boot_plan_make(struct boot_plan *plan, const struct boot_info *bi, const struct config_domain *config)
{
    int rc;

    plan->config = config;
    plan->pages = config->memory >> PAGE_SHIFT;
    rc = plan_vnodes(plan);
    if (rc)
        return rc;
    plan->acpi_pages = (pvh_acpi_size(plan->config->vcpus, &plan->numa) + PAGE_SIZE - 1) >> PAGE_SHIFT;
    plan->paging_pages =
        PAGING_PAGES_PER_MIB * (config->memory / MiB) + (unsigned long)PAGING_PAGES_PER_VCPU * config->vcpus;
    rc = plan_image(plan, bi);
    if (!rc)
        rc = plan_modules(plan, bi);
    if (!rc)
        rc = plan_start(plan);
    return rc;
}
