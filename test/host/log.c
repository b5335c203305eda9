/* SPDX-License-Identifier: MIT */
/* Messages of the hypervisor in a host program: to stderr when ALLOD_LOG is set, and to who listens; panic
 * aborts. */
#include "log.h"
#include "host_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*host_log_sink)(const char *s, size_t n);

static void pass_on(const char *fmt, va_list args)
{
    char line[400] = "(allod) ";
    size_t prefix = strlen(line);
    int n = vsnprintf(line + prefix, sizeof(line) - prefix, fmt, args);

    if (n > 0)
        host_log_sink(line, strlen(line));
}

void printk(enum log_level level, const char *fmt, ...)
{
    static int enabled = -1;
    va_list args;

    (void)level;
    if (host_log_sink) {
        va_start(args, fmt);
        pass_on(fmt, args);
        va_end(args);
    }
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
