/* SPDX-License-Identifier: MIT */
/* The end of the machine when the hypervisor itself is wrong. */
#include "console.h"
#include <stdio.h>

static bool reporting; /* by the one CPU that arch_cpus_stop leaves */

void panic(const char *fmt, ...)
{
    char text[256];
    va_list args;

    arch_cpus_stop();
    if (reporting)
        arch_exit(EXIT_CODE_PANIC); /* the report itself went wrong */
    reporting = true;
    console_force();
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_err("panic on CPU %u: %s\n", smp_processor_id(), text);
    arch_backtrace();
    arch_exit(EXIT_CODE_PANIC);
}
