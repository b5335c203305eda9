/* SPDX-License-Identifier: MIT */
/* Domains that run this image without privilege, as their builder sees them. */
#include "child.h"
#include "race.h"
#include <errno.h>
#include <guest_build.h>
#include <stdio.h>

#define IMAGE        "race.elf"
#define CHILD_MEMORY PAGES(16 * MiB)

uint32_t child_start(struct racer *r, const char *role, unsigned int vcpus)
{
    const struct guest_module *image = guest_module(IMAGE);
    char cmdline[40], error[200] = "no module " IMAGE;
    struct guest_build_config config = {
        .name = role, .cmdline = cmdline, .pages = CHILD_MEMORY, .vcpus = vcpus};
    uint32_t domid = NO_DOMAIN;

    snprintf(cmdline, sizeof(cmdline), "child %s", role);
    if (image) {
        config.image = image->data;
        config.image_size = image->size;
    }
    if (!image || guest_build(r->xch, &config, &domid, error, sizeof(error)) ||
        xc_domain_unpause(r->xch, domid))
        crew_fail(r, "a child: %s, errno %d", error, errno);
    return domid;
}

/* It is the same image: what is here is there. */
volatile uint64_t *child_map_counts(struct racer *r, uint32_t domid)
{
    int rc;

    return map_page(r, domid, (uintptr_t)child_counts >> PAGE_SHIFT, &rc);
}

int64_t child_count(struct racer *r, uint32_t domid, unsigned int vcpu)
{
    int64_t count;
    volatile uint64_t *page = child_map_counts(r, domid);

    if (!page)
        return -1;
    count = (int64_t)page[vcpu];
    unmap_page(r);
    return count;
}

void child_goes_on(struct racer *r, uint32_t domid, unsigned int vcpus)
{
    for (unsigned int i = 0; i < vcpus; i++) {
        int64_t before = child_count(r, domid, i);

        while (child_count(r, domid, i) == before && !crew_failed()) {
            int reason = child_end(r, domid);

            if (reason != CHILD_RUNS)
                crew_fail(r, "the child has ended, reason %d", reason);
            guest_yield();
        }
    }
}

int child_end(struct racer *r, uint32_t domid)
{
    xc_dominfo_t info;

    if (xc_domain_getinfo(r->xch, domid, 1, &info) != 1 || info.domid != domid)
        return SHUTDOWN_crash;
    if (info.crashed)
        return SHUTDOWN_crash;
    return info.shutdown ? (int)info.shutdown_reason : CHILD_RUNS;
}
