/* SPDX-License-Identifier: MIT */
/* ACPI tables in a fake machine's memory, well formed unless a test spoils them. */
#include "firmware.h"
#include "qemu_acpi.h"
#include <stdlib.h>
#include <string.h>

#define MAX_COPIES 4096
#define MAX_TABLE  32768

struct firmware firmware;

static void *copies[MAX_COPIES];
static unsigned int nr_copies;
static uint8_t table[MAX_TABLE]; /* under construction */
static size_t table_size;

void acpi_map_init(const struct boot_info *bi)
{
    if (bi != &firmware.bi)
        abort();
}

/* A copy of exactly LEN bytes, so that the address sanitizer sees a read beyond what was asked for. */
const void *acpi_map(uint64_t paddr, size_t len)
{
    uint64_t start = paddr < FIRMWARE_HIGH ? FIRMWARE_START : FIRMWARE_START + FIRMWARE_HIGH;
    uint64_t at = paddr - start;

    if (paddr < start || at > FIRMWARE_SIZE || len > FIRMWARE_SIZE - at)
        return NULL;
    if (nr_copies == MAX_COPIES)
        abort();
    copies[nr_copies] = malloc(len);
    return memcpy(copies[nr_copies++], firmware.ram + at, len);
}

void firmware_release(void)
{
    while (nr_copies)
        free(copies[--nr_copies]);
}

void firmware_reset(void)
{
    memset(&firmware, 0, sizeof(firmware));
    firmware.used = 16;
}

void *firmware_ptr(uint64_t paddr)
{
    return firmware.ram + (paddr - FIRMWARE_START);
}

static uint8_t sum(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t total = 0;

    while (size--)
        total = (uint8_t)(total + *bytes++);
    return total;
}

static uint64_t put(const void *data, size_t size)
{
    uint64_t at = FIRMWARE_START + firmware.used;

    if (size > FIRMWARE_SIZE - firmware.used)
        abort();
    memcpy(firmware_ptr(at), data, size);
    firmware.used += size;
    return at;
}

uint64_t firmware_put(const void *data, size_t size)
{
    return firmware.tables[firmware.nr_tables++] = put(data, size);
}

void firmware_fix(uint64_t at)
{
    struct acpi_header *h = firmware_ptr(at);
    size_t room = FIRMWARE_START + FIRMWARE_SIZE - at;

    h->checksum = 0;
    h->checksum = (uint8_t)-sum(h, MIN((size_t)h->length, room));
}

void table_begin(const char *signature, unsigned int revision, size_t head_size)
{
    struct acpi_header *h = (void *)table;

    memset(table, 0, sizeof(table));
    memcpy(h->signature, signature, sizeof(h->signature));
    h->revision = (uint8_t)revision;
    table_size = head_size;
}

void table_append(const void *data, size_t size)
{
    if (size > MAX_TABLE - table_size)
        abort();
    memcpy(table + table_size, data, size);
    table_size += size;
}

uint8_t *table_bytes(void)
{
    return table;
}

static uint64_t finish(void)
{
    struct acpi_header *h = (void *)table;

    h->length = (uint32_t)table_size;
    uint64_t at = put(table, table_size);
    firmware_fix(at);
    return at;
}

uint64_t table_finish(void)
{
    return firmware.tables[firmware.nr_tables++] = finish();
}

uint64_t firmware_put_root(const char *signature, size_t width, unsigned int nr)
{
    table_begin(signature, 1, sizeof(struct acpi_header));
    for (unsigned int i = 0; i < nr; i++)
        table_append(&firmware.tables[i], width);
    return finish();
}

struct acpi_rsdp *firmware_rsdp(void)
{
    return firmware_ptr(firmware.bi.rsdp);
}

void firmware_fix_rsdp(void)
{
    struct acpi_rsdp *r = firmware_rsdp();

    r->checksum = r->extended_checksum = 0;
    r->checksum = (uint8_t)-sum(r, ACPI_RSDP_V1_SIZE);
    r->extended_checksum = (uint8_t)-sum(r, sizeof(*r));
}

void firmware_put_roots(void)
{
    struct acpi_rsdp r = {.revision = 2, .length = sizeof(r)};

    memcpy(r.signature, "RSD PTR ", sizeof(r.signature));
    r.rsdt = (uint32_t)firmware_put_root("RSDT", 4, firmware.nr_tables);
    r.xsdt = firmware_put_root("XSDT", 8, firmware.nr_tables);
    firmware.bi.rsdp = put(&r, sizeof(r));
    firmware_fix_rsdp();
}

void firmware_put_qemu(void)
{
    firmware_put(qemu_apic, sizeof(qemu_apic));
    firmware_put(qemu_srat, sizeof(qemu_srat));
    firmware_put(qemu_slit, sizeof(qemu_slit));
    firmware_put(qemu_facp, sizeof(qemu_facp));
    firmware_put_roots();
}
