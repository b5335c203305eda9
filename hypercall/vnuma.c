/* SPDX-License-Identifier: MIT */
/* A domain's virtual NUMA topology: given by its builder (domctl setvnumainfo), read by the guest
 * (memory_op get_vnumainfo), used when it asks for memory on one of its virtual nodes. */
#include "vnuma.h"
#include "domain_pages.h"
#include "domctl.h"
#include "memory_op.h"

/* As in Xen no part of it is larger than a page. */
#define MAX_RANGES ((uint32_t)(PAGE_SIZE / sizeof(xen_vmemrange_t)))
#define NR_PARTS   3U

static const struct vnuma_maps *maps_of(const struct domain *d)
{
    return d->page[DOMAIN_PAGE_VNUMA_MAPS];
}

bool vnuma_find_node(struct domain *d, unsigned int vnode, nodeid_t *node)
{
    bool found = true;

    spin_lock(&d->domctl_lock);
    *node = NUMA_NO_NODE;
    if (d->nr_vnodes) {
        found = vnode < d->nr_vnodes;
        if (found)
            *node = (nodeid_t)maps_of(d)->vnode_to_pnode[vnode];
    }
    spin_unlock(&d->domctl_lock);
    return found;
}

/* ---- setvnumainfo ---- */

static int check_maps(const struct xen_domctl_vnuma *in, const struct vnuma_maps *maps)
{
    for (unsigned int i = 0; i < in->nr_vcpus; i++)
        if (maps->vcpu_to_vnode[i] >= in->nr_vnodes)
            return refuse(E2BIG, "setvnumainfo: vCPU %u on virtual node %u of %u", i, maps->vcpu_to_vnode[i],
                          in->nr_vnodes);
    for (unsigned int i = 0; i < in->nr_vnodes; i++)
        if (maps->vnode_to_pnode[i] >= MAX_NUMNODES)
            return refuse(E2BIG, "setvnumainfo: virtual node %u on node %u", i, maps->vnode_to_pnode[i]);
    return 0;
}

static int check_ranges(const struct xen_domctl_vnuma *in, const xen_vmemrange_t *range)
{
    for (unsigned int i = 0; i < in->nr_vmemranges; i++)
        if (range[i].flags)
            return refuse(EINVAL, "setvnumainfo: range %u has flags %#x", i, range[i].flags);
    return 0;
}

static int read_parts(const struct xen_domctl_vnuma *in, void *const part[NR_PARTS])
{
    struct vnuma_maps *maps = part[1];
    int rc;

    if (arch_copy_from_guest(part[0], handle_ptr(in->vdistance),
                             in->nr_vnodes * in->nr_vnodes * sizeof(uint32_t)) ||
        arch_copy_from_guest(maps->vcpu_to_vnode, handle_ptr(in->vcpu_to_vnode),
                             in->nr_vcpus * sizeof(uint32_t)) ||
        arch_copy_from_guest(maps->vnode_to_pnode, handle_ptr(in->vnode_to_pnode),
                             in->nr_vnodes * sizeof(uint32_t)) ||
        arch_copy_from_guest(part[2], handle_ptr(in->vmemrange), in->nr_vmemranges * sizeof(xen_vmemrange_t)))
        return refuse(EFAULT, "setvnumainfo: %u virtual nodes, %u ranges", in->nr_vnodes, in->nr_vmemranges);
    rc = check_maps(in, maps);
    return rc ? rc : check_ranges(in, part[2]);
}

static void install(struct domain *d, const struct xen_domctl_vnuma *in, void *const part[NR_PARTS])
    REQUIRES(d->domctl_lock)
{
    domain_page_replace(d, DOMAIN_PAGE_VNUMA_DISTANCE, part[0]);
    domain_page_replace(d, DOMAIN_PAGE_VNUMA_MAPS, part[1]);
    domain_page_replace(d, DOMAIN_PAGE_VNUMA_RANGES, part[2]);
    d->nr_vnodes = in->nr_vnodes;
    d->nr_vmemranges = in->nr_vmemranges;
}

/* All of it or nothing: the old topology stays until the new one is here and right. */
static int replace(struct domain *d, const struct xen_domctl_vnuma *in) REQUIRES(d->domctl_lock)
{
    void *part[NR_PARTS];
    bool room = true;
    int rc;

    if (READ_ONCE(d->is_dying))
        return refuse(ESRCH, "setvnumainfo: d%u is dying", d->domid);
    for (unsigned int i = 0; i < NR_PARTS; i++) {
        part[i] = domain_page_alloc(d);
        room &= part[i] != NULL;
    }
    rc = room ? read_parts(in, part)
              : refuse(ENOMEM, "setvnumainfo: the paging pool of d%u has no %u pages", d->domid, NR_PARTS);
    if (rc == 0)
        install(d, in, part);
    for (unsigned int i = 0; rc && i < NR_PARTS; i++)
        domain_page_free(d, part[i]);
    return rc;
}

int domctl_setvnumainfo(struct domctl_call *c)
{
    const struct xen_domctl_vnuma *in = &c->op.u.vnuma;
    int rc;

    if (in->nr_vnodes == 0 || in->nr_vnodes > MAX_VNODES || in->nr_vmemranges > MAX_RANGES ||
        in->nr_vcpus != c->d->max_vcpus || in->pad)
        return refuse(EINVAL, "setvnumainfo: %u virtual nodes, %u ranges, %u vCPUs of %u, pad %u",
                      in->nr_vnodes, in->nr_vmemranges, in->nr_vcpus, c->d->max_vcpus, in->pad);
    spin_lock(&c->d->domctl_lock);
    rc = replace(c->d, in);
    spin_unlock(&c->d->domctl_lock);
    return rc;
}

/* ---- get_vnumainfo ---- */

/* Ranges and numbers are the same for 32-bit code. */
static int copy_out(const struct domain *d, const struct xen_vnuma_topology_info *t) REQUIRES(d->domctl_lock)
{
    if (arch_copy_to_guest(handle_ptr(t->vdistance.h), d->page[DOMAIN_PAGE_VNUMA_DISTANCE],
                           d->nr_vnodes * d->nr_vnodes * sizeof(uint32_t)) ||
        arch_copy_to_guest(handle_ptr(t->vcpu_to_vnode.h), maps_of(d)->vcpu_to_vnode,
                           d->max_vcpus * sizeof(uint32_t)) ||
        arch_copy_to_guest(handle_ptr(t->vmemrange.h), d->page[DOMAIN_PAGE_VNUMA_RANGES],
                           d->nr_vmemranges * sizeof(xen_vmemrange_t)))
        return -EFAULT;
    return 0;
}

static int64_t report(struct memory_call *c, const struct domain *d) REQUIRES(d->domctl_lock)
{
    struct xen_vnuma_topology_info *t = &c->vnuma;
    bool room =
        t->nr_vnodes >= d->nr_vnodes && t->nr_vcpus >= d->max_vcpus && t->nr_vmemranges >= d->nr_vmemranges;

    if (d->nr_vnodes == 0)
        return refuse(EOPNOTSUPP, "get_vnumainfo: d%u was given no topology", d->domid);
    t->nr_vnodes = d->nr_vnodes;
    t->nr_vcpus = d->max_vcpus;
    t->nr_vmemranges = d->nr_vmemranges;
    if ((room && copy_out(d, t)) || guest_struct_write(c->compat, &guest_xen_vnuma_topology_info, c->arg, t))
        return refuse(EFAULT, "get_vnumainfo: result to %#lx", c->arg.va);
    return room ? 0
                : refuse(ENOBUFS, "get_vnumainfo: d%u has %u virtual nodes, %u ranges", d->domid,
                         d->nr_vnodes, d->nr_vmemranges);
}

int64_t memory_get_vnumainfo(struct memory_call *c)
{
    struct domain *d;
    int64_t rc;

    if (c->vnuma.pad)
        return refuse(EINVAL, "get_vnumainfo: pad %u", c->vnuma.pad);
    rc = find_target(c->v, c->vnuma.domid, &d);
    if (rc)
        return rc;
    spin_lock(&d->domctl_lock);
    rc = report(c, d);
    spin_unlock(&d->domctl_lock);
    domain_put(d);
    return rc;
}
