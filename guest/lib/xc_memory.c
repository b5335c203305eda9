/* SPDX-License-Identifier: MIT */
/* A domain's memory: populate, give back, map. */
#include "xc_private.h"

static long reservation_op(xc_interface *xch, unsigned int cmd, uint32_t domid, unsigned long nr_extents,
                           unsigned int extent_order, unsigned int mem_flags, xen_pfn_t *extent_start)
{
    struct xen_memory_reservation reservation = {
        .nr_extents = nr_extents,
        .extent_order = extent_order,
        .mem_flags = mem_flags,
        .domid = (domid_t)domid,
    };

    set_xen_guest_handle(reservation.extent_start, extent_start);
    return xc_memory_op(xch, cmd, &reservation, sizeof(reservation));
}

/* All extents, or -1. */
static int exact(long done, unsigned long nr_extents)
{
    if (done < 0)
        return -1;
    return (unsigned long)done == nr_extents ? 0 : xc_refuse(EBUSY);
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                               unsigned int extent_order, unsigned int mem_flags, xen_pfn_t *extent_start)
{
    return (int)reservation_op(xch, XENMEM_populate_physmap, domid, nr_extents, extent_order, mem_flags,
                               extent_start);
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                     unsigned int extent_order, unsigned int mem_flags,
                                     xen_pfn_t *extent_start)
{
    return exact(reservation_op(xch, XENMEM_populate_physmap, domid, nr_extents, extent_order, mem_flags,
                                extent_start),
                 nr_extents);
}

int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, unsigned int mem_flags, xen_pfn_t *extent_start)
{
    return (int)reservation_op(xch, XENMEM_increase_reservation, domid, nr_extents, extent_order, mem_flags,
                               extent_start);
}

int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                         unsigned int extent_order, unsigned int mem_flags,
                                         xen_pfn_t *extent_start)
{
    return exact(reservation_op(xch, XENMEM_increase_reservation, domid, nr_extents, extent_order, mem_flags,
                                extent_start),
                 nr_extents);
}

int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, xen_pfn_t *extent_start)
{
    if (!extent_start)
        return xc_refuse(EINVAL);
    return (int)reservation_op(xch, XENMEM_decrease_reservation, domid, nr_extents, extent_order, 0,
                               extent_start);
}

int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                         unsigned int extent_order, xen_pfn_t *extent_start)
{
    if (!extent_start)
        return xc_refuse(EINVAL);
    return exact(
        reservation_op(xch, XENMEM_decrease_reservation, domid, nr_extents, extent_order, 0, extent_start),
        nr_extents);
}

int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid, unsigned int space, unsigned long idx,
                             xen_pfn_t gpfn)
{
    struct xen_add_to_physmap what = {.domid = (domid_t)domid, .space = space, .idx = idx, .gpfn = gpfn};

    return (int)xc_memory_op(xch, XENMEM_add_to_physmap, &what, sizeof(what));
}

int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
                                   unsigned int space, unsigned int size, xen_ulong_t *idxs, xen_pfn_t *gfpns,
                                   int *errs)
{
    struct xen_add_to_physmap_batch batch = {
        .domid = (domid_t)domid,
        .space = (uint16_t)space,
        .size = (uint16_t)size,
        .u = {.foreign_domid = (domid_t)foreign_domid},
    };

    set_xen_guest_handle(batch.idxs, idxs);
    set_xen_guest_handle(batch.gpfns, gfpns);
    set_xen_guest_handle(batch.errs, errs);
    return (int)xc_memory_op(xch, XENMEM_add_to_physmap_batch, &batch, sizeof(batch));
}

int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn)
{
    struct xen_remove_from_physmap which = {.domid = (domid_t)domid, .gpfn = gpfn};

    return (int)xc_memory_op(xch, XENMEM_remove_from_physmap, &which, sizeof(which));
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
    domid_t dom = (domid_t)domid;
    long highest = xc_memory_op(xch, XENMEM_maximum_gpfn, &dom, sizeof(dom));

    if (highest < 0)
        return -1;
    *gpfns = (xen_pfn_t)highest;
    return 0;
}

int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
    if (xc_domain_maximum_gpfn(xch, domid, gpfns))
        return -1;
    ++*gpfns;
    return 0;
}

int xc_domain_map_runs(xc_interface *xch, uint32_t domid, uint64_t *first_gfn, unsigned int nr_runs,
                       struct xen_domain_map_run *runs)
{
    struct xen_sysctl sysctl = {.cmd = XEN_SYSCTL_domain_map};
    struct xen_sysctl_domain_map *op = allod_domain_map(&sysctl);

    op->domid = (domid_t)domid;
    op->first_gfn = *first_gfn;
    op->nr_runs = nr_runs;
    set_xen_guest_handle_raw(op->runs, runs);
    if (xc_sysctl(xch, &sysctl))
        return -1;
    *first_gfn = op->first_gfn;
    return (int)op->nr_runs;
}
