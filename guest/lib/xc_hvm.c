/* SPDX-License-Identifier: MIT */
/* The state that a domain starts in: save records and HVM parameters. */
#include "xc_private.h"

int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_gethvmcontext, domid);

    domctl.u.hvmcontext.size = size;
    set_xen_guest_handle_raw(domctl.u.hvmcontext.buffer, ctxt_buf);
    return xc_domctl(xch, &domctl) ? -1 : (int)domctl.u.hvmcontext.size;
}

int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid, uint16_t typecode, uint16_t instance,
                                     void *ctxt_buf, uint32_t size)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_gethvmcontext_partial, domid);

    domctl.u.hvmcontext_partial.type = typecode;
    domctl.u.hvmcontext_partial.instance = instance;
    domctl.u.hvmcontext_partial.bufsz = size;
    set_xen_guest_handle_raw(domctl.u.hvmcontext_partial.buffer, ctxt_buf);
    return xc_domctl(xch, &domctl);
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size)
{
    struct xen_domctl domctl = xc_domctl_for(XEN_DOMCTL_sethvmcontext, domid);

    domctl.u.hvmcontext.size = size;
    set_xen_guest_handle_raw(domctl.u.hvmcontext.buffer, hvm_ctxt);
    return xc_domctl(xch, &domctl);
}

int xc_hvm_param_set(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t value)
{
    struct xen_hvm_param op = {.domid = (domid_t)dom, .index = param, .value = value};

    return (int)xc_call(handle, "hvm_op", HVMOP_set_param, __HYPERVISOR_hvm_op, HVMOP_set_param,
                        (uintptr_t)&op);
}

int xc_hvm_param_get(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t *value)
{
    struct xen_hvm_param op = {.domid = (domid_t)dom, .index = param};

    if (xc_call(handle, "hvm_op", HVMOP_get_param, __HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&op))
        return -1;
    *value = op.value;
    return 0;
}

int xc_set_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long value)
{
    return xc_hvm_param_set(handle, dom, (uint32_t)param, value);
}

int xc_get_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long *value)
{
    return xc_hvm_param_get(handle, dom, (uint32_t)param, value);
}
