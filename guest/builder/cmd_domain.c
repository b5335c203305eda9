/* SPDX-License-Identifier: MIT */
/* Commands on domains: create, limit, place, pause, destroy; and the fixture. */
#include "cmd.h"
#include "fixture.h"
#include <string.h>

void cmd_domain(const struct args *a, struct outcome *r)
{
    struct known_domain *d;

    if (given(a, OPT_VCPUS) && !a->value[OPT_VCPUS]) {
        r->err = EINVAL;
        return;
    }
    finish_change(r, create_domain(a->dom, option_or(a, OPT_MAX, DEFAULT_MAX),
                                   (unsigned int)option_or(a, OPT_VCPUS, 0), &d));
    if (interactive && !r->err)
        out("%s is domain %u\n", d->name, d->domid);
}

void cmd_host(const struct args *a, struct outcome *r)
{
    fixture_set(&a->list, &r->why);
}

void cmd_max(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (line_domain(a, r, &domid))
        r->err = set_max_pages(domid, a->count);
}

/* The first of the nodes that were asked for and are not there, if there is one. */
static void print_effect(uint32_t domid, const struct list *asked)
{
    uint64_t nodes = 0;
    struct xen_domctl op = {.cmd = XEN_DOMCTL_getnodeaffinity, .domain = (domid_t)domid};
    struct text t = {0};
    unsigned int i = 0;

    op.u.nodeaffinity.nodemap.nr_bits = MAX_NODES;
    set_xen_guest_handle(op.u.nodeaffinity.nodemap.bitmap, (uint8_t *)&nodes);
    if (xc_domctl(xch, &op))
        return;
    while (i < asked->nr && nodes >> asked->v[i] & 1)
        i++;
    if (i == asked->nr)
        return;
    for (unsigned int n = 0; n < MAX_NODES; n++)
        if (nodes >> n & 1)
            text_add(&t, "%s%u", t.len ? "," : "", n);
    out("in effect: %s; there is no node %lu\n", t.s, (unsigned long)asked->v[i]);
}

/* All 64 nodes go into the map, whether the machine has them or not: the hypervisor has to judge. */
void cmd_affinity(const struct args *a, struct outcome *r)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_setnodeaffinity};
    uint8_t map[MAX_NODES / 8] = {0};
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    for (unsigned int i = 0; i < a->list.nr; i++) {
        if (a->list.v[i] >= MAX_NODES) {
            r->err = EINVAL;
            return;
        }
        map[a->list.v[i] / 8] |= (uint8_t)(1U << a->list.v[i] % 8);
    }
    op.domain = (domid_t)domid;
    op.u.nodeaffinity.nodemap.nr_bits = MAX_NODES;
    set_xen_guest_handle(op.u.nodeaffinity.nodemap.bitmap, map);
    finish(r, xc_domctl(xch, &op));
    if (interactive && !r->err)
        print_effect(domid, &a->list);
}

void cmd_pause(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (line_domain(a, r, &domid))
        finish(r, xc_domain_pause(xch, domid));
}

void cmd_unpause(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (line_domain(a, r, &domid))
        finish(r, xc_domain_unpause(xch, domid));
}

void cmd_destroy(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (line_domain(a, r, &domid))
        finish_change(r, destroy_domain(domid));
}

void cmd_dying(const struct args *a, struct outcome *r)
{
    struct xen_sysctl_allod_debug op = {.op = ALLOD_DEBUG_DYING};
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    op.domid = (domid_t)domid;
    r->err = debug_command(&op);
    r->needs_debug = r->err == ENOSYS;
}
