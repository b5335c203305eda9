/* SPDX-License-Identifier: MIT */
/* The library's handle and the calls that all others go through. */
#include "xc_private.h"
#include <xenforeignmemory.h>

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
    if (xch)
        xenforeignmemory_close(xch->fmem);
    free(xch);
    return 0;
}

void *xc_memalign(xc_interface *xch, size_t alignment, size_t size)
{
    void *p = aligned_alloc(alignment, size);

    (void)xch;
    return p ? memset(p, 0, size) : NULL;
}

int64_t xc_call(xc_interface *xch, const char *name, uint32_t cmd, unsigned int nr, uint64_t a1, uint64_t a2)
{
    int64_t result = xen_hypercall(nr, a1, a2, 0, 0, 0);
    int error = (int)-result;

    if (result >= 0)
        return result;
    if (xch) {
        xch->last_error.code = XC_INTERNAL_ERROR;
        snprintf(xch->last_error.message, sizeof(xch->last_error.message), "%s, operation %u: %s", name, cmd,
                 strerror(error));
    }
    return xc_refuse(error);
}

int xc_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
    domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return (int)xc_call(xch, "domctl", domctl->cmd, __HYPERVISOR_domctl, (uintptr_t)domctl, 0);
}

int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
    sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return (int)xc_call(xch, "sysctl", sysctl->cmd, __HYPERVISOR_sysctl, (uintptr_t)sysctl, 0);
}

long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len)
{
    (void)len;
    return xc_call(xch, "memory_op", cmd, __HYPERVISOR_memory_op, cmd, (uintptr_t)arg);
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    return (int)xc_call(xch, "xen_version", (uint32_t)cmd, __HYPERVISOR_xen_version, (uint64_t)cmd,
                        (uintptr_t)arg);
}
