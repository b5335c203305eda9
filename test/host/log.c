/* SPDX-License-Identifier: MIT */
/* Messages of the hypervisor in a host program: to stderr when ALLOD_LOG is set; panic aborts. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void printk(enum log_level level, const char *fmt, ...)
{
    static int enabled = -1;
    va_list args;

    (void)level;
    if (enabled < 0)
        enabled = getenv("ALLOD_LOG") != NULL;
    if (!enabled)
        return;
    fputs("(allod) ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    va_list args;

    fputs("(allod) PANIC: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
