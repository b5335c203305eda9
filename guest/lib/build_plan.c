/* SPDX-License-Identifier: MIT */
/* The domain builder: read the image and lay everything out, before anything is asked of the hypervisor. */
#include "build_internal.h"

static int parse_image(struct build *b)
{
    const struct guest_build_config *c = b->config;
    const char *error;

    if (c->pages > UINT64_MAX >> XC_PAGE_SHIFT)
        return build_refuse(b, EINVAL, "%lu pages are more than there are addresses", c->pages);
    error = pvh_parse(&b->image, c->image, c->image_size, c->pages << XC_PAGE_SHIFT);
    if (error)
        return build_refuse(b, ENOEXEC, "image of %lu bytes for a domain of %lu pages: %s", c->image_size,
                            c->pages, error);
    return 0;
}

/* Behind the image: start information and modules. */
static int lay_out(struct build *b)
{
    const struct guest_build_config *c = b->config;
    uint64_t image_end = (b->image.end + XC_PAGE_SIZE - 1) & XC_PAGE_MASK;
    const char *error;

    if (c->nr_modules > PVH_MAX_MODULES)
        return build_refuse(b, E2BIG, "%u modules, at most %u", c->nr_modules, PVH_MAX_MODULES);
    for (unsigned int i = 0; i < c->nr_modules; i++)
        b->modules[i] = (struct pvh_module){c->modules[i].name, c->modules[i].size};
    b->start = (struct pvh_start){.cmdline = c->cmdline,
                                  .nr_modules = c->nr_modules,
                                  .modules = b->modules,
                                  .rsdp = PVH_ACPI_START,
                                  .memmap = b->memmap};
    b->start.nr_memmap =
        pvh_memory_map(c->pages << XC_PAGE_SHIFT, guest_build_extra(c) << XC_PAGE_SHIFT, b->memmap);
    error = pvh_start_layout(&b->start, image_end, &b->layout);
    if (error)
        return build_refuse(b, EINVAL, "start information and %u modules: %s", c->nr_modules, error);
    if (b->layout.end > c->pages << XC_PAGE_SHIFT)
        return build_refuse(b, ENOMEM, "image and modules reach %#lx, the domain has %lu pages",
                            b->layout.end, c->pages);
    return 0;
}

int build_plan(struct build *b)
{
    if (b->config->vcpus < 1 || b->config->vcpus > PVH_MAX_VCPUS)
        return build_refuse(b, EINVAL, "%u vCPUs, 1 to %u can be", b->config->vcpus, PVH_MAX_VCPUS);
    if (!build_find_nodes(b->config, &b->numa))
        return build_refuse(b, E2BIG, "more than %u virtual nodes", PVH_MAX_VNODES);
    return parse_image(b) ? -1 : lay_out(b);
}
