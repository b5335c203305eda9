/* SPDX-License-Identifier: MIT */
/* The end of the machine when the hypervisor itself is wrong. */
#include "console.h"
#include <stdio.h>

static unsigned int panicking; /* CPU that panicked first, plus 1; atomic */

void panic(const char *fmt, ...)
{
    unsigned int me = smp_processor_id() + 1, first = 0;
    char text[256];
    va_list args;

    if (!__atomic_compare_exchange_n(&panicking, &first, me, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        while (first != me) /* one report is enough, that CPU ends the machine */
            arch_cpu_relax();
        arch_exit(EXIT_CODE_PANIC); /* the report itself went wrong */
    }
    arch_cpus_stop();
    console_force();
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_err("panic on CPU %u: %s\n", me - 1, text);
    arch_backtrace();
    arch_exit(EXIT_CODE_PANIC);
}
