/* SPDX-License-Identifier: MIT */
/* Descriptions of memory: E820 maps and virtual NUMA. */
#include "xc_private.h"

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
                             uint32_t nr_entries)
{
    struct xen_foreign_memory_map op = {.domid = (domid_t)domid, .map = {.nr_entries = nr_entries}};

    set_xen_guest_handle(op.map.buffer, entries);
    return (int)xc_memory_op(xch, XENMEM_set_memory_map, &op, sizeof(op));
}

int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max_entries)
{
    struct xen_memory_map op = {.nr_entries = max_entries};

    set_xen_guest_handle(op.buffer, entries);
    return xc_memory_op(xch, XENMEM_machine_memory_map, &op, sizeof(op)) ? -1 : (int)op.nr_entries;
}

int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes, uint32_t nr_regions,
                       uint32_t nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode, unsigned int *vnode_to_pnode)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_setvnumainfo, domid);
    struct xen_domctl_vnuma *op = &domctl.u.vnuma;

    if (!nr_vnodes || !nr_regions || !nr_vcpus || !vmemrange || !vdistance || !vcpu_to_vnode ||
        !vnode_to_pnode)
        return xc_refuse(EINVAL);
    op->nr_vnodes = nr_vnodes;
    op->nr_vmemranges = nr_regions;
    op->nr_vcpus = nr_vcpus;
    set_xen_guest_handle_raw(op->vdistance, vdistance);
    set_xen_guest_handle_raw(op->vcpu_to_vnode, vcpu_to_vnode);
    set_xen_guest_handle_raw(op->vnode_to_pnode, vnode_to_pnode);
    set_xen_guest_handle_raw(op->vmemrange, vmemrange);
    return xc_domctl(xch, &domctl);
}

int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes, uint32_t *nr_vmemranges,
                       uint32_t *nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode)
{
    struct xen_vnuma_topology_info op = {
        .domid = (domid_t)domid,
        .nr_vnodes = *nr_vnodes,
        .nr_vcpus = *nr_vcpus,
        .nr_vmemranges = *nr_vmemranges,
    };
    long rc;

    set_xen_guest_handle(op.vdistance.h, vdistance);
    set_xen_guest_handle(op.vcpu_to_vnode.h, vcpu_to_vnode);
    set_xen_guest_handle(op.vmemrange.h, vmemrange);
    rc = xc_memory_op(xch, XENMEM_get_vnumainfo, &op, sizeof(op));
    *nr_vnodes = op.nr_vnodes;
    *nr_vmemranges = op.nr_vmemranges;
    *nr_vcpus = op.nr_vcpus;
    return (int)rc;
}
