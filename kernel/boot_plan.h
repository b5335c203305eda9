/* SPDX-License-Identifier: MIT */
/* What is to be built for a boot domain, found out before anything is. */
#pragma once

#include "boot_info.h"
#include "config.h"
#include "domain.h"
#include "pvh.h"
#include "pvh_acpi.h"

struct boot_plan {
    const struct config_domain *config;
    struct pvh_image image;
    const struct boot_module *files[CONFIG_MAX_MODULES];
    struct pvh_module modules[CONFIG_MAX_MODULES];
    struct hvm_memmap_table_entry memmap[PVH_MAX_MEMMAP];
    struct pvh_start start;
    struct pvh_start_layout layout;
    struct pvh_numa numa;
    unsigned long pages, acpi_pages, paging_pages; /* pages: of RAM */
    struct domain *domain;                         /* once it is built */
};

/* Fill in everything but the domain. -EINVAL after a sentence that says what is wrong. */
int boot_plan_make(struct boot_plan *plan, const struct boot_info *bi, const struct config_domain *config);
