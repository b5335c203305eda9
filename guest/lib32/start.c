/* SPDX-License-Identifier: MIT */
/* From the start information to main, the console, and the end: what 32-bit guests have of <guest.h>. They
 * have no heap and no modules, and printf cuts what is longer than its buffer. */
#include "../lib/guest_internal.h"
#include <guest_smp.h>
#include <stdio.h>
#include <string.h>
#include <xen/sched.h>

/* The program. 0: the guest powers off; otherwise it counts as crashed. */
int main(int argc, char **argv);

static const struct hvm_start_info *start_info;

/* All that the builder places lies below 4 GiB. */
static const void *at(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

unsigned int smp_id(void)
{
    return 0;
}

uint64_t guest_memory(void)
{
    const struct hvm_memmap_table_entry *map = at(start_info->memmap_paddr);
    uint64_t size = 0;

    for (uint32_t i = 0; i < start_info->memmap_entries; i++)
        if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
            size += map[i].size;
    return size;
}

const char *guest_cmdline(void)
{
    return start_info->cmdline_paddr ? at(start_info->cmdline_paddr) : "";
}

void guest_start(const struct hvm_start_info *info)
{
    static char program[] = "guest";
    char *argv[] = {program, NULL};

    start_info = info;
    exception_init();
    guest_shutdown(main(1, argv) ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}

void guest_shutdown(unsigned int reason)
{
    struct sched_shutdown how = {.reason = reason};

    for (;;)
        xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&how, 0, 0, 0);
}

void console_write(const char *s, size_t n)
{
    xen_hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, n, (uintptr_t)s, 0, 0);
}

int printf(const char *fmt, ...)
{
    char text[512];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    console_write(text, strlen(text));
    return len;
}
