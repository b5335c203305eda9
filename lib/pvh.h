/* SPDX-License-Identifier: MIT */
/* PVH images and the start-of-day data of their domains, by Xen's docs/misc/pvh.pandoc: what has to be
 * written where into the guest's memory. The caller does the writing. */
#pragma once

#include "elf.h"
#include <xen/arch-x86/hvm/start_info.h>

#define PVH_MAX_SEGMENTS 16
#define PVH_MAX_MODULES  16
#define PVH_MAX_MEMMAP   4

/* Guest-physical layout as Xen's: RAM from 0, a hole for devices and special pages below 4 GiB, the rest
 * above. */
#define PVH_HOLE_START 0xf0000000UL
#define PVH_HOLE_END   0x100000000UL
#define PVH_LAPIC_PAGE 0xfee00000UL /* in the hole */
/* In the hole, and in addition to the domain's RAM. */
#define PVH_ACPI_START    0xfc000000UL
#define PVH_SPECIAL_START 0xfeff8000UL /* pages of console, xenstore and the like */
#define PVH_SPECIAL_END   0xff000000UL
#define PVH_STORE_GFN     0xfeffcUL /* of these, as in Xen's tools/libs/guest/xg_dom_x86.c */
#define PVH_CONSOLE_GFN   0xfefffUL

struct pvh_segment {
    uint64_t paddr, memsz; /* bytes; what filesz leaves of memsz is zeroed */
    uint64_t filesz;
    const uint8_t *data;
};

struct pvh_image {
    uint32_t entry; /* guest-physical, 32-bit protected mode */
    unsigned int nr_segments;
    struct pvh_segment segment[PVH_MAX_SEGMENTS]; /* ascending paddr, disjoint, none of them empty */
    uint64_t start, end;                          /* lowest address, and the one after the highest */
};

/* Read an image for a domain with MEMORY bytes of RAM. NULL, or a sentence that says why it cannot be
 * started. */
const char *pvh_parse(struct pvh_image *p, const void *data, uint64_t size, uint64_t memory);

/* The memory map of a domain with MEMORY bytes of RAM and ACPI bytes of ACPI tables, both whole pages: RAM
 * below the hole, the tables, the special pages, RAM above 4 GiB. Returns the number of entries. */
unsigned int pvh_memory_map(uint64_t memory, uint64_t acpi,
                            struct hvm_memmap_table_entry map[PVH_MAX_MEMMAP]);

struct pvh_module {
    const char *cmdline; /* its own command line, by convention its name; NULL: none */
    uint64_t size;
};

struct pvh_start {
    uint32_t flags; /* SIF_* */
    const char *cmdline;
    uint64_t rsdp; /* 0: no ACPI */
    unsigned int nr_modules;
    const struct pvh_module *modules;
    unsigned int nr_memmap;
    const struct hvm_memmap_table_entry *memmap;
};

/* Where everything goes; guest-physical, bytes. */
struct pvh_start_layout {
    uint64_t start_info;              /* = the GPA that was asked for, goes into EBX */
    uint64_t blob_size;               /* of hvm_start_info and all it points to, but the modules' contents */
    uint64_t module[PVH_MAX_MODULES]; /* page aligned */
    uint64_t end;                     /* first free byte after it all */
};

/* Lay everything out from GPA (8-byte aligned) on: the blob, then the modules' contents. NULL or an error. */
const char *pvh_start_layout(const struct pvh_start *s, uint64_t gpa, struct pvh_start_layout *l);

/* Write the blob that L describes into BUF, which has L->blob_size bytes. */
void pvh_start_info_build(const struct pvh_start *s, const struct pvh_start_layout *l, void *buf);
