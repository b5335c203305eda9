/* SPDX-License-Identifier: MIT */
/* What all ACPI tables share: header, length, checksum, and a walk over variable entries that always ends. */
#include "acpi.h"
#include "error.h"
#include <string.h>

bool acpi_checksum_ok(const void *p, size_t len)
{
    const uint8_t *bytes = p;
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

int acpi_open(uint64_t paddr, const char *signature, size_t min_size, const struct acpi_header **table)
{
    const struct acpi_header *head = acpi_map(paddr, sizeof(*head));

    if (!head)
        return acpi_ignore(signature, "address 0x%lx is not in memory", paddr);
    if (memcmp(head->signature, signature, sizeof(head->signature)) != 0)
        return acpi_ignore(signature, "another signature at 0x%lx", paddr);
    if (head->length < min_size || head->length > ACPI_MAX_TABLE)
        return acpi_ignore(signature, "length %u, expected %lu to %lu", head->length, min_size,
                           ACPI_MAX_TABLE);

    size_t length = head->length;
    head = acpi_map(paddr, length);
    if (!head)
        return acpi_ignore(signature, "its %lu bytes reach beyond memory", length);
    if (!acpi_checksum_ok(head, length))
        return acpi_ignore(signature, "wrong checksum");
    *table = head;
    return 0;
}

/* The smallest length that we accept for an entry of this type, 0 for types that we do not read. */
static size_t known_length(const struct acpi_entries *entries, unsigned int type)
{
    return type < entries->nr_types ? entries->min_length[type] : 0;
}

static int check_entries(const struct acpi_header *table, const struct acpi_entries *entries)
{
    const uint8_t *bytes = (const uint8_t *)table;
    size_t at = entries->offset;

    while (at < table->length) {
        size_t rest = table->length - at;
        if (rest < sizeof(struct acpi_entry))
            return acpi_ignore(table->signature, "%lu stray bytes at offset %lu", rest, at);

        const struct acpi_entry *entry = (const void *)(bytes + at);
        size_t min = MAX(known_length(entries, entry->type), sizeof(*entry));
        if (entry->length < min || entry->length > rest)
            return acpi_ignore(table->signature,
                               "entry of type %u at offset %lu has length %u, expected %lu to %lu",
                               entry->type, at, entry->length, min, rest);
        at += entry->length;
    }
    return 0;
}

int acpi_for_each_entry(const struct acpi_header *table, const struct acpi_entries *entries,
                        struct machine *m)
{
    const uint8_t *bytes = (const uint8_t *)table;
    unsigned int dropped = 0;

    if (check_entries(table, entries) != 0)
        return -EINVAL;
    for (size_t at = entries->offset; at < table->length;) {
        const struct acpi_entry *entry = (const void *)(bytes + at);
        int rc = known_length(entries, entry->type) ? entries->visit(table, entry, m) : 0;
        if (rc == -EINVAL)
            return rc;
        dropped += rc == -E2BIG;
        at += entry->length;
    }
    if (dropped)
        log_warn("ACPI: %.4s has more entries than there is room for, the last %u are not used\n",
                 table->signature, dropped);
    return 0;
}
