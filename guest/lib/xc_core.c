/* SPDX-License-Identifier: MIT */
/* The library's handle and the calls that all others go through. */
#include "xc_private.h"

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned open_flags)
{
    (void)logger;
    (void)dombuild_logger;
    (void)open_flags;
    return calloc(1, sizeof(xc_interface));
}

int xc_interface_close(xc_interface *xch)
{
    free(xch);
    return 0;
}

int xc_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
    (void)xch;
    domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return (int)xc_result(xen_hypercall(__HYPERVISOR_domctl, (uintptr_t)domctl, 0, 0, 0, 0));
}

int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
    (void)xch;
    sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return (int)xc_result(xen_hypercall(__HYPERVISOR_sysctl, (uintptr_t)sysctl, 0, 0, 0, 0));
}

long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len)
{
    (void)xch;
    (void)len;
    return xc_result(xen_hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)arg, 0, 0, 0));
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    (void)xch;
    return (int)xc_result(xen_hypercall(__HYPERVISOR_xen_version, (uint64_t)cmd, (uintptr_t)arg, 0, 0, 0));
}
