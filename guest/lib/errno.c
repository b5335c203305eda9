/* SPDX-License-Identifier: MIT */
/* errno, and the names of the error numbers. */
#include <errno.h>
#include <string.h>

int errno;

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
