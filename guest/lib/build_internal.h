/* SPDX-License-Identifier: MIT */
/* Between the files of the domain builder. */
#pragma once

#include "guest_build.h"
#include "pvh.h"
#include "pvh_acpi.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct build {
    xc_interface *xch;
    const struct guest_build_config *config;
    uint32_t domid;
    struct pvh_image image;
    struct pvh_start start; /* and what it points to */
    struct pvh_module modules[PVH_MAX_MODULES];
    struct hvm_memmap_table_entry memmap[PVH_MAX_MEMMAP];
    struct pvh_start_layout layout;
    struct pvh_numa numa;
    char *error;
    size_t error_size;
};

/* Say what failed and return -1; errno stays. */
#define build_fail(b, fmt, ...)                                                                              \
    (snprintf((b)->error, (b)->error_size, "%s: " fmt ": %s", (b)->config->name, ##__VA_ARGS__,              \
              strerror(errno)),                                                                              \
     -1)

/* The same where no call failed but a rule is broken. */
#define build_refuse(b, err, fmt, ...)                                                                       \
    (errno = (err), snprintf((b)->error, (b)->error_size, "%s: " fmt, (b)->config->name, ##__VA_ARGS__), -1)

/* Is the entry for one node, not for any? */
static inline bool build_is_node(const struct xen_memory_claim *claim)
{
    return !(claim->target & (XEN_DOMCTL_CLAIM_MEMORY_HOST | XEN_DOMCTL_CLAIM_MEMORY_LEGACY));
}

/* Virtual nodes as the claim set says, but for their distances. False: too many. */
bool build_find_nodes(const struct guest_build_config *config, struct pvh_numa *numa);

/* Each is one step: 0, or -1 with the message written. The plan reads the image and says where everything
 * goes. */
int build_plan(struct build *b);
int build_vnuma(struct build *b);
int build_populate_extra(struct build *b);
int build_populate(struct build *b);
int build_load(struct build *b);
int build_start_state(struct build *b);
