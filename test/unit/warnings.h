/* SPDX-License-Identifier: MIT */
/* Catches the hypervisor's messages in place of test/host/log.c; for one test program each, behind cmocka.h.
 */
#pragma once

#include "log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char warnings[65536];
static unsigned int nr_warnings;

void printk(enum log_level level, const char *fmt, ...)
{
    size_t at = strlen(warnings);
    va_list args;

    assert_true(level <= LOG_WARN);
    nr_warnings++;
    va_start(args, fmt);
    vsnprintf(warnings + at, sizeof(warnings) - at, fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    print_error("panic: %s\n", fmt);
    abort();
}

static inline void forget_warnings(void)
{
    warnings[0] = 0;
    nr_warnings = 0;
}

static inline void assert_warned(unsigned int count, const char *text)
{
    if (nr_warnings != count || (count && !strstr(warnings, text)))
        fail_msg("expected %u warnings with \"%s\", got %u: %s", count, text, nr_warnings, warnings);
}
