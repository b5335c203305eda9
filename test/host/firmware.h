/* SPDX-License-Identifier: MIT */
/* A fake firmware: 64 KiB of memory with ACPI tables in it, and the acpi_map that reads them. */
#pragma once

#include "acpi.h"

#define FIRMWARE_START 0xfff00000UL
#define FIRMWARE_SIZE  0x10000UL
#define FIRMWARE_HIGH  0x100000000UL /* the same memory appears that much higher, too */

struct firmware {
    uint8_t ram[FIRMWARE_SIZE];
    size_t used;
    uint64_t tables[8]; /* addresses that the root tables will list */
    unsigned int nr_tables;
    struct boot_info bi;
};
extern struct firmware firmware;

void firmware_reset(void);
/* Free what acpi_map gave out. */
void firmware_release(void);
void *firmware_ptr(uint64_t paddr);

/* Add a finished table to the list, return its address. */
uint64_t firmware_put(const void *table, size_t size);
/* Make the first table_append()ed entry follow HEAD_SIZE bytes of zeroes but for the header. */
void table_begin(const char *signature, unsigned int revision, size_t head_size);
void table_append(const void *data, size_t size);
uint8_t *table_bytes(void);
uint64_t table_finish(void);       /* fills length and checksum, puts it */
void firmware_fix(uint64_t table); /* its checksum */

/* A root table that lists the first NR tables; it is not listed itself. */
uint64_t firmware_put_root(const char *signature, size_t width, unsigned int nr);
/* RSDT and XSDT with all tables, and an RSDP of revision 2. */
void firmware_put_roots(void);
struct acpi_rsdp *firmware_rsdp(void);
void firmware_fix_rsdp(void); /* both its checksums */

/* The tables of test/host/qemu_acpi.h, as these in firmware.tables, and the roots. */
enum { QEMU_APIC, QEMU_SRAT, QEMU_SLIT, QEMU_FACP, NR_QEMU_TABLES };
void firmware_put_qemu(void);
