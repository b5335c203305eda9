/* SPDX-License-Identifier: MIT */
/* ACPI tables as they lie in memory (ACPI 6.5): the firmware's, which the hypervisor reads, and those that
 * domains are given. */
#pragma once

#include <stdint.h>

/* PACKED of include/compiler.h is not for lib/, which guests are built of, too. */
#define ACPI_PACKED            __attribute__((packed))
#define ACPI_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)

/* 5.2.5.3: Root System Description Pointer; revision 0 (ACPI 1.0) ends before LENGTH. */
struct acpi_rsdp {
    char signature[8];
    uint8_t checksum; /* over the first 20 bytes */
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum; /* over LENGTH bytes */
    uint8_t reserved[3];
} ACPI_PACKED;
ACPI_SIZE(acpi_rsdp, 36);
#define ACPI_RSDP_V1_SIZE 20

/* 5.2.6: the header that starts every table. */
struct acpi_header {
    char signature[4];
    uint32_t length; /* bytes, header included */
    uint8_t revision;
    uint8_t checksum; /* all bytes of the table add up to 0 */
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} ACPI_PACKED;
ACPI_SIZE(acpi_header, 36);

/* The head of each variable entry in MADT (5.2.12) and SRAT (5.2.16). */
struct acpi_entry {
    uint8_t type;
    uint8_t length; /* bytes, this head included */
} ACPI_PACKED;
ACPI_SIZE(acpi_entry, 2);

/* 5.2.12: Multiple APIC Description Table, entries follow. */
struct acpi_madt {
    struct acpi_header header;
    uint32_t lapic_address;
    uint32_t flags;
} ACPI_PACKED;
ACPI_SIZE(acpi_madt, 44);

/* 5.2.12.2 table 5.22: flags of processor entries. */
#define MADT_ENABLED        (1U << 0)
#define MADT_ONLINE_CAPABLE (1U << 1) /* since ACPI 6.3 (MADT revision 5), reserved before */

/* 5.2.12.2 */
struct madt_lapic {
    struct acpi_entry head;
    uint8_t uid;
    uint8_t apic_id;
    uint32_t flags;
} ACPI_PACKED;
ACPI_SIZE(madt_lapic, 8);
#define MADT_LAPIC 0

/* 5.2.12.12 */
struct madt_x2apic {
    struct acpi_entry head;
    uint16_t reserved;
    uint32_t apic_id;
    uint32_t flags;
    uint32_t uid;
} ACPI_PACKED;
ACPI_SIZE(madt_x2apic, 16);
#define MADT_X2APIC 9

/* 5.2.16: System Resource Affinity Table, entries follow. */
struct acpi_srat {
    struct acpi_header header;
    uint32_t reserved_1;
    uint64_t reserved_0;
} ACPI_PACKED;
ACPI_SIZE(acpi_srat, 48);

#define SRAT_ENABLED (1U << 0) /* of all its entries */
#define SRAT_HOTPLUG (1U << 1) /* of memory entries */

/* 5.2.16.1 */
struct srat_lapic {
    struct acpi_entry head;
    uint8_t domain_low;
    uint8_t apic_id;
    uint32_t flags;
    uint8_t sapic_eid;
    uint8_t domain_high[3]; /* since SRAT revision 2, reserved before */
    uint32_t clock_domain;
} ACPI_PACKED;
ACPI_SIZE(srat_lapic, 16);
#define SRAT_LAPIC 0

/* 5.2.16.2 */
struct srat_memory {
    struct acpi_entry head;
    uint32_t domain; /* revision 1: only the low byte counts */
    uint16_t reserved_0;
    uint64_t base;
    uint64_t length;
    uint32_t reserved_1;
    uint32_t flags;
    uint64_t reserved_2;
} ACPI_PACKED;
ACPI_SIZE(srat_memory, 40);
#define SRAT_MEMORY 1

/* 5.2.16.3 */
struct srat_x2apic {
    struct acpi_entry head;
    uint16_t reserved_0;
    uint32_t domain;
    uint32_t apic_id;
    uint32_t flags;
    uint32_t clock_domain;
    uint32_t reserved_1;
} ACPI_PACKED;
ACPI_SIZE(srat_x2apic, 24);
#define SRAT_X2APIC 2

/* 5.2.17: System Locality Information Table. */
struct acpi_slit {
    struct acpi_header header;
    uint64_t localities;
    uint8_t distance[]; /* localities x localities */
} ACPI_PACKED;
ACPI_SIZE(acpi_slit, 44);

/* 5.2.3.2: Generic Address Structure. */
struct acpi_gas {
    uint8_t space;
    uint8_t bit_width, bit_offset, access_size;
    uint64_t address;
} ACPI_PACKED;
ACPI_SIZE(acpi_gas, 12);
#define ACPI_SPACE_IO 1

/* 5.2.9: Fixed ACPI Description Table, what we need of it. */
struct acpi_fadt {
    struct acpi_header header;
    uint8_t skipped_0[76 - 36];
    uint32_t pm_timer_block;
    uint8_t skipped_1[91 - 80];
    uint8_t pm_timer_length; /* 4, or 0 when there is no timer */
    uint8_t skipped_2[109 - 92];
    uint16_t boot_arch;
    uint8_t skipped_3;
    uint32_t flags;
    uint8_t skipped_4[140 - 116]; /* ACPI 1.0 ends here */
    uint64_t x_dsdt;
    uint8_t skipped_5[208 - 148];
    struct acpi_gas x_pm_timer_block;
} ACPI_PACKED;
ACPI_SIZE(acpi_fadt, 220);
#define ACPI_FADT_V1_SIZE 116
#define FADT_WBINVD       (1U << 0)
#define FADT_TMR_VAL_EXT  (1U << 8)  /* the timer counts 32 bits, else 24 */
#define FADT_HW_REDUCED   (1U << 20) /* none of the fixed hardware exists */
#define FADT_NO_VGA       (1U << 2)  /* of boot_arch */
#define FADT_NO_CMOS      (1U << 5)

/* The whole table since revision 6. */
struct acpi_fadt_6 {
    struct acpi_fadt base;
    uint8_t skipped[268 - 220];
    char hypervisor[8];
} ACPI_PACKED;
ACPI_SIZE(acpi_fadt_6, 276);
