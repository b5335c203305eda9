/* SPDX-License-Identifier: MIT */
/* The firmware's status codes in words. */
#include "loader.h"

/* By number, from EFI_LOAD_ERROR on: what memory, volumes and files can answer. */
static const char names[][20] = {
    "Load Error",  "Invalid Parameter", "Unsupported",     "Bad Buffer Size",  "Buffer Too Small",
    "Not Ready",   "Device Error",      "Write Protected", "Out of Resources", "Volume Corrupted",
    "Volume Full", "No Media",          "Media Changed",   "Not Found",        "Access Denied",
};

const char *status_name(EFI_STATUS status)
{
    EFI_STATUS nr = status & ~EFI_ERROR_MASK;

    if (!EFI_ERROR(status))
        return "Success";
    return nr >= 1 && nr <= sizeof(names) / sizeof(names[0]) ? names[nr - 1] : "unknown error";
}
