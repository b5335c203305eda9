/* SPDX-License-Identifier: MIT */
/* From the RSDP over XSDT or RSDT to the tables we read, each of them once. */
#include "acpi.h"
#include <string.h>

#define MAX_TABLES 1024U /* more addresses in a root table are garbage */

struct known_table {
    const char *signature;
    size_t min_size;
    int (*parse)(const struct acpi_header *table, struct machine *m);
};

/* In the order of parsing. */
static const struct known_table known_tables[] = {
    {"APIC", sizeof(struct acpi_madt), acpi_parse_madt},
    {"SRAT", sizeof(struct acpi_srat), acpi_parse_srat},
    {"SLIT", sizeof(struct acpi_slit), acpi_parse_slit},
    {"FACP", ACPI_FADT_V1_SIZE, acpi_parse_fadt},
};

/* The root table: addresses of WIDTH bytes each behind the header. */
struct root {
    const struct acpi_header *table;
    size_t width;
    unsigned int nr;
};

static uint64_t table_address(const struct root *root, unsigned int i)
{
    uint64_t address = 0;

    memcpy(&address, (const uint8_t *)(root->table + 1) + i * root->width, root->width);
    return address;
}

static int open_root(struct root *root, uint64_t paddr, const char *signature, size_t width)
{
    if (acpi_open(paddr, signature, sizeof(struct acpi_header), &root->table) != 0)
        return -EINVAL;

    size_t bytes = root->table->length - sizeof(struct acpi_header);
    if (bytes % width || bytes / width > MAX_TABLES)
        return acpi_ignore(signature, "its %lu bytes are not up to %u whole addresses", bytes, MAX_TABLES);
    root->width = width;
    root->nr = (unsigned int)(bytes / width);
    return 0;
}

/* The XSDT's address from an RSDP of revision 2 on whose longer form is intact, 0 otherwise. */
static uint64_t xsdt_of(const struct acpi_rsdp *rsdp, uint64_t at)
{
    if (rsdp->revision < 2)
        return 0;
    rsdp = acpi_map(at, sizeof(*rsdp));

    size_t length = rsdp ? rsdp->length : 0;
    if (length >= sizeof(*rsdp) && length <= PAGE_SIZE)
        rsdp = acpi_map(at, length);
    else
        rsdp = NULL;
    if (rsdp && acpi_checksum_ok(rsdp, length))
        return rsdp->xsdt;
    log_warn("ACPI: RSDP has a bad extended part, only its RSDT is used\n");
    return 0;
}

static int open_rsdp(const struct acpi_rsdp **rsdp, uint64_t at)
{
    *rsdp = at ? acpi_map(at, ACPI_RSDP_V1_SIZE) : NULL;
    if (!*rsdp)
        return acpi_ignore("RSDP", "address 0x%lx is not in memory", at);
    if (memcmp((*rsdp)->signature, "RSD PTR ", sizeof((*rsdp)->signature)) != 0)
        return acpi_ignore("RSDP", "another signature at 0x%lx", at);
    if (!acpi_checksum_ok(*rsdp, ACPI_RSDP_V1_SIZE))
        return acpi_ignore("RSDP", "wrong checksum");

    return 0;
}

static int find_root(struct root *root, uint64_t at)
{
    const struct acpi_rsdp *rsdp;

    if (open_rsdp(&rsdp, at) != 0)
        return -EINVAL;
    uint64_t xsdt = xsdt_of(rsdp, at);
    if (xsdt && open_root(root, xsdt, "XSDT", sizeof(uint64_t)) == 0)
        return 0;
    if (!rsdp->rsdt)
        return acpi_ignore("RSDP", "it names no usable root table");
    return open_root(root, rsdp->rsdt, "RSDT", sizeof(uint32_t));
}

/* The first table of that signature is the one; tables beyond memory are none. */
static uint64_t find_table(const struct root *root, const char *signature)
{
    for (unsigned int i = 0; i < root->nr; i++) {
        uint64_t address = table_address(root, i);
        const struct acpi_header *table = address ? acpi_map(address, sizeof(*table)) : NULL;
        if (table && memcmp(table->signature, signature, sizeof(table->signature)) == 0)
            return address;
    }
    return 0;
}

static void check_addresses(const struct root *root)
{
    unsigned int bad = 0;
    uint64_t first = 0;

    for (unsigned int i = 0; i < root->nr; i++) {
        uint64_t address = table_address(root, i);
        if (address && !acpi_map(address, sizeof(struct acpi_header)) && bad++ == 0)
            first = address;
    }
    if (bad)
        log_warn("ACPI: %u tables are not in memory, the first of them at 0x%lx\n", bad, first);
}

/* Always leaves a valid *m: what a missing or bad table would say stays empty. -EINVAL when nothing at all
 * was found. Each table that is ignored has a warning with the reason. */
int arch_acpi_parse(const struct boot_info *bi, struct machine *m)
{
    struct root root;

    memset(m, 0, sizeof(*m));
    acpi_map_init(bi);
    if (find_root(&root, bi->rsdp) != 0)
        return -EINVAL;
    check_addresses(&root);
    for (unsigned int i = 0; i < ARRAY_SIZE(known_tables); i++) {
        const struct known_table *known = &known_tables[i];
        uint64_t address = find_table(&root, known->signature);
        const struct acpi_header *table;
        if (address && acpi_open(address, known->signature, known->min_size, &table) == 0)
            known->parse(table, m);
    }
    return 0;
}
