/* SPDX-License-Identifier: MIT */
/* Host: errors to stderr, a broken invariant above all; the rest is lost. A panic fails the test. */
#include "log.h"

#include "crew.h"
#include <stdarg.h>
#include <stdio.h>

void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (level != LOG_ERR)
        return;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    char words[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    crew_fail("panic: %s", words);
}
