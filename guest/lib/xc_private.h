/* SPDX-License-Identifier: MIT */
/* Between the xc_*.c files. */
#pragma once

#include "xen_hypercall.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

struct xenforeignmemory_handle;

struct xc_interface_core {
    int max_nodes, max_cpus; /* 0: not asked for yet */
    struct xenforeignmemory_handle *fmem;
    xc_error last_error;
};

/* Hypercall NR of this name, for operation CMD, which is in the words of an error message. Returns its
 * result, or -1 with errno and the handle's last error. XCH may be NULL. */
int64_t xc_call(xc_interface *xch, const char *name, uint32_t cmd, unsigned int nr, uint64_t a1, uint64_t a2);

/* A rule of the library is broken. */
static inline int xc_refuse(int error)
{
    errno = error;
    return -1;
}

/* A domctl that has a domain and no result but success. */
static inline struct xen_domctl xc_domctl_for(uint32_t cmd, uint32_t domid)
{
    return (struct xen_domctl){.cmd = cmd, .domain = (domid_t)domid};
}
