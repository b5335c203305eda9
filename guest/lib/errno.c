/* SPDX-License-Identifier: MIT */
/* errno of each vCPU, and the names of the error numbers. */
#include "vcpu_block.h"
#include <errno.h>
#include <string.h>

int *guest_errno(void)
{
    return &this_vcpu()->error;
}

static const struct {
    int value;
    const char *name;
} names[] = {
    {0, "ok"},
#define XEN_ERRNO(name, value) {value, #name},
#include <xen/errno.h>
};

char *strerror(int error)
{
    static char unknown[] = "unknown error";

    for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].value == error)
            return (char *)(unsigned long)names[i].name;
    }
    return unknown;
}
