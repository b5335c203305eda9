/* SPDX-License-Identifier: MIT */
/* The hand-over record: all that the UEFI loader tells the hypervisor. Physical addresses throughout. */
#pragma once

#include <stdint.h>

#define BOOT_INFO_MAGIC   0x31444f4c4c41UL /* "ALLOD1" */
#define BOOT_MAX_RANGES   256
#define BOOT_MAX_MODULES  16
#define BOOT_NAME_SIZE    64
#define BOOT_CMDLINE_SIZE 512

/* What a range of the firmware's memory map may be used for once boot services are left. */
enum boot_range_type {
    BOOT_RANGE_FREE = 1, /* RAM without contents (UEFI conventional, boot services) */
    BOOT_RANGE_LOADED,   /* the hypervisor's image, modules, this record, the loader's page tables */
    BOOT_RANGE_ACPI,     /* ACPI tables and NVS */
    BOOT_RANGE_RESERVED, /* RAM or MMIO that belongs to the firmware */
};

struct boot_range {
    uint64_t start, end; /* bytes, page aligned, half-open; ascending, no overlaps */
    uint32_t type;
    uint32_t pad;
};

/* A file that the loader read: allod.cfg itself or an image it names. Page aligned, zero padded to the page.
 */
struct boot_module {
    uint64_t start;
    uint64_t size;             /* bytes of the file */
    char name[BOOT_NAME_SIZE]; /* as in allod.cfg, without a path */
};

struct boot_info {
    uint64_t magic;
    uint64_t size; /* sizeof(struct boot_info): both sides come from one build, this proves it */
    uint64_t image_start, image_end; /* where allod.elf's segments lie, contiguous from its lowest address */
    uint64_t elf_start, elf_size;    /* the ELF file: symbols for the backtrace */
    uint64_t rsdp;                   /* 0: the firmware has none */
    uint64_t tsc_entry, tsc_exit;    /* TSC at the loader's entry and after leaving boot services */
    uint64_t tsc_khz;                /* measured roughly with the firmware's clock: the last resort */
    uint64_t seconds;                /* the firmware's clock at tsc_exit, since 1970; 0: it has none */
    uint64_t tables_start, tables_end; /* zeroed pages for the hypervisor's first page tables */
    uint64_t trampoline;               /* a page below 1 MiB for starting the other CPUs; 0: there is none */
    uint32_t nr_ranges, nr_modules;
    uint32_t config_module; /* index of allod.cfg */
    uint32_t pad;
    char cmdline[BOOT_CMDLINE_SIZE]; /* load options: "key=value ..." that override [allod] */
    struct boot_range ranges[BOOT_MAX_RANGES];
    struct boot_module modules[BOOT_MAX_MODULES];
};
