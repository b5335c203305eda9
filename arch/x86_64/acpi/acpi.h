/* SPDX-License-Identifier: MIT */
/* Reading the firmware's ACPI tables into struct machine; firmware is not trusted with a single length. */
#pragma once

#include "acpi_wire.h"
#include "arch.h"
#include "error.h"
#include "log.h"

/* The only way to physical memory: a pointer to LEN readable bytes at PADDR, or NULL when they do not all lie
 * in memory that is mapped. The hypervisor has it in cpu/acpi_map.c, tests bring their own. */
const void *acpi_map(uint64_t paddr, size_t len);
/* Called first: what the firmware's memory map says. */
void acpi_map_init(const struct boot_info *bi);

/* A table longer than this is garbage: 1024 localities of SLIT, the largest by far, fit. */
#define ACPI_MAX_TABLE (2 * MiB)

/* Say why a table (its signature) is ignored, and be the -EINVAL to return. */
#define acpi_ignore(table, fmt, ...)                                                                         \
    (log_warn("ACPI: %.4s ignored: " fmt "\n", table, ##__VA_ARGS__), -EINVAL)

/* Do the LEN bytes at P add up to 0? */
bool acpi_checksum_ok(const void *p, size_t len);

/* Put the table at PADDR into *TABLE if it is whole: mapped, SIGNATURE, at least MIN_SIZE bytes, checksum.
 * -EINVAL after a warning otherwise. */
int acpi_open(uint64_t paddr, const char *signature, size_t min_size, const struct acpi_header **table);

/* The variable entries of a kind of table. */
struct acpi_entries {
    size_t offset;             /* of the first, bytes from the table's start */
    unsigned int nr_types;     /* of min_length */
    const uint8_t *min_length; /* by type, bytes; 0 and further types: entries that we do not read */
    /* Gets each entry that has its minimum length. -E2BIG: no room for it, go on; -EINVAL: the table is bad.
     */
    int (*visit)(const struct acpi_header *table, const struct acpi_entry *entry, struct machine *m);
};

/* Check the lengths of all entries, then visit those that we read. -EINVAL after a warning when a length is
 * wrong or VISIT says so; entries without room get one warning. */
int acpi_for_each_entry(const struct acpi_header *table, const struct acpi_entries *entries,
                        struct machine *m);

/* One per table: fill its part of *m. The table's length and checksum are checked already. -EINVAL after a
 * warning: the table is ignored, its part of *m is as if there was none. */
int acpi_parse_madt(const struct acpi_header *table, struct machine *m);
int acpi_parse_srat(const struct acpi_header *table, struct machine *m); /* after MADT: it places CPUs */
int acpi_parse_slit(const struct acpi_header *table, struct machine *m);
int acpi_parse_fadt(const struct acpi_header *table, struct machine *m);
