/* SPDX-License-Identifier: MIT */
/* From the start information to main, and the guest's end. */
#include "guest_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>

#define MAX_ARGS     32
#define MAPPED_LIMIT 0x100000000UL /* start.asm's page tables end here */

/* The program. 0: the guest powers off; otherwise it counts as crashed. */
int main(int argc, char **argv);

static const struct hvm_start_info *start_info;
static char arguments[1024]; /* the command line, cut at the blanks */

static const struct hvm_memmap_table_entry *memory_map(void)
{
    return (const struct hvm_memmap_table_entry *)start_info->memmap_paddr;
}

uint64_t guest_memory(void)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < start_info->memmap_entries; i++) {
        if (memory_map()[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
            size += memory_map()[i].size;
    }
    return size;
}

const char *guest_cmdline(void)
{
    return start_info->cmdline_paddr ? (const char *)start_info->cmdline_paddr : "";
}

/* Where the RAM range that holds ADDRESS ends, as far as it is mapped. */
static uintptr_t ram_end(uintptr_t address)
{
    for (uint32_t i = 0; i < start_info->memmap_entries; i++) {
        const struct hvm_memmap_table_entry *e = &memory_map()[i];

        if (e->type == XEN_HVM_MEMMAP_TYPE_RAM && address >= e->addr && address - e->addr < e->size)
            return e->addr + e->size < MAPPED_LIMIT ? e->addr + e->size : MAPPED_LIMIT;
    }
    return address;
}

static int split_arguments(char **argv)
{
    static char program[] = "guest";
    char *rest;
    int argc = 0;

    argv[argc++] = program;
    snprintf(arguments, sizeof(arguments), "%s", guest_cmdline());
    for (char *word = strtok_r(arguments, " ", &rest); word && argc < MAX_ARGS;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

void guest_start(const struct hvm_start_info *info)
{
    char *argv[MAX_ARGS + 1];
    uintptr_t heap;

    start_info = info;
    exception_init();
    if (info->magic != XEN_HVM_START_MAGIC_VALUE || info->version < 1 || !info->memmap_entries) {
        printf("no start information of version 1 with a memory map\n");
        guest_shutdown(SHUTDOWN_crash);
    }
    heap = modules_init(info);
    malloc_init(heap, ram_end(heap));
    exit(main(split_arguments(argv), argv));
}

void exit(int status)
{
    guest_shutdown(status ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}

void abort(void)
{
    printf("aborted\n");
    guest_shutdown(SHUTDOWN_crash);
}

void guest_shutdown(unsigned int reason)
{
    struct sched_shutdown how = {.reason = reason};

    for (;;)
        xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&how, 0, 0, 0);
}

void guest_block(void)
{
    xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0, 0);
}

void guest_yield(void)
{
    xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}
