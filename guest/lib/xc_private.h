/* SPDX-License-Identifier: MIT */
/* Between the xc_*.c files. */
#pragma once

#include "xen_hypercall.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

struct xc_interface_core {
    int max_nodes; /* 0: not asked for yet */
};

/* A hypercall's result as the library's callers want it. */
static inline int64_t xc_result(int64_t result)
{
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

/* A domctl that has a domain and no result but success. */
static inline struct xen_domctl xc_domctl_for(uint32_t cmd, uint32_t domid)
{
    return (struct xen_domctl){.cmd = cmd, .domain = (domid_t)domid};
}
