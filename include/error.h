/* SPDX-License-Identifier: MIT */
/* Error numbers, Xen's, without a prefix: functions return them negated. */
#pragma once

#ifndef EPERM
#define XEN_ERRNO(name, value) name = (value),
enum {
#include <xen/errno.h>
    ERESTART = 85, /* internal, never seen by a guest: call again */
};
#endif
