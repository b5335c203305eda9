/* SPDX-License-Identifier: MIT */
/* One job of a builder: build a domain and start it, or destroy it. */
#include "storm.h"
#include <errno.h>
#include <guest_build.h>
#include <stdio.h>
#include <string.h>

/* An error message of guest_build without the domain's name: "populate_physmap, 5 of 9 pages from any node:
 * ENOMEM". */
static void note_refusal(struct storm_domain *d, const char *message, int error)
{
    const char *call = strchr(message, ' ');

    d->error = error;
    snprintf(d->refused, sizeof(d->refused), "%s", call ? call + 1 : message);
}

static uint64_t wanted_nodes(const struct storm_domain *d)
{
    uint64_t nodes = 0;

    for (unsigned int w = 0; w < d->nr_wanted; w++)
        nodes |= 1UL << d->wanted[w].target;
    return nodes;
}

bool storm_build(xc_interface *x, struct storm_domain *d, unsigned int number, bool claims)
{
    const struct guest_module *image = guest_module("storm.elf");
    uint64_t start = guest_now();
    char name[8], error[200] = "";
    struct guest_build_config config = {
        .name = name,
        .image = image->data,
        .image_size = image->size,
        .cmdline = "child",
        .pages = d->pages,
        .vcpus = 1,
        .nr_claims = d->nr_wanted,
        .claims = d->wanted,
        .only_hints = !claims,
        .order_limit = d->order_limit,
        .affinity = wanted_nodes(d),
        .populated = &d->populated,
    };

    snprintf(name, sizeof(name), "s%02u", number);
    d->tries++;
    d->populated = 0;
    d->extra = guest_build_extra(&config);
    if (guest_build(x, &config, &d->domid, error, sizeof(error)) == 0) {
        d->state = STARTED;
        return xc_domain_unpause(x, d->domid) == 0;
    }
    note_refusal(d, error, errno);
    d->state = FAILED;
    d->wasted_tries++;
    d->wasted_pages += d->populated;
    d->wasted_ns += guest_now() - start;
    return false;
}

bool storm_destroy(xc_interface *x, struct storm_domain *d)
{
    if (xc_domain_destroy(x, d->domid))
        return false;
    d->state = GONE;
    return true;
}
