/* SPDX-License-Identifier: MIT */
/* Where ACPI tables may be read: memory that the firmware's map names and the direct map covers. */
#include "acpi/acpi.h"
#include "map.h"

static const struct boot_info *info;

void acpi_map_init(const struct boot_info *bi)
{
    info = bi;
}

/* Firmware keeps tables in ACPI memory, some leave them in what has become free RAM. RESERVED may be device
 * registers, which nobody must touch by accident. */
static bool is_memory(const struct boot_range *r)
{
    return r->type == BOOT_RANGE_FREE || r->type == BOOT_RANGE_LOADED || r->type == BOOT_RANGE_ACPI;
}

/* The ranges ascend, so one pass follows a request over adjoining ones. */
const void *acpi_map(uint64_t at, size_t len)
{
    uint64_t end = at + len, covered = at;

    if (end < at || end > arch_phys_limit())
        return NULL;
    for (unsigned int i = 0; i < info->nr_ranges && covered < end; i++) {
        const struct boot_range *r = &info->ranges[i];
        if (is_memory(r) && r->start <= covered && covered < r->end)
            covered = r->end;
    }
    return covered >= end ? paddr_to_virt(paddr(at)) : NULL;
}
