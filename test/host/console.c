/* SPDX-License-Identifier: MIT */
/* The console of a host program: what domains write goes to stdout, what was typed is set by the test.
 */
#include "console.h"

#include "host.h"
#include <stdio.h>
#include <string.h>

static const char *input = "";
static bool quiet;

void host_console_input(const char *text)
{
    input = text;
}

void host_console_quiet(bool be_quiet)
{
    quiet = be_quiet;
}

__attribute__((weak)) void console_guest_write(struct domain *d UNUSED, const char *s, size_t n)
{
    if (!quiet)
        fwrite(s, 1, n, stdout);
}

void console_guest_end(struct domain *d UNUSED)
{
}

__attribute__((weak)) int console_getc(void)
{
    return *input ? *input++ : -1;
}
