/* SPDX-License-Identifier: MIT */
/* Errors in words. */
#include "xc_private.h"

const char *xc_error_code_to_desc(int code)
{
    static const char *const words[] = {
        [XC_ERROR_NONE] = "No error details",   [XC_INTERNAL_ERROR] = "Internal error",
        [XC_INVALID_KERNEL] = "Invalid kernel", [XC_INVALID_PARAM] = "Invalid configuration",
        [XC_OUT_OF_MEMORY] = "Out of memory",
    };

    return code >= 0 && code < (int)(sizeof(words) / sizeof(words[0])) ? words[code] : "Unknown error code";
}

const char *xc_strerror(xc_interface *xch, int errcode)
{
    (void)xch;
    return strerror(errcode);
}

const xc_error *xc_get_last_error(xc_interface *handle)
{
    return &handle->last_error;
}

void xc_clear_last_error(xc_interface *xch)
{
    memset(&xch->last_error, 0, sizeof(xch->last_error));
}
