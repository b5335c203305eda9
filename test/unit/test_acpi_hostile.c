/* SPDX-License-Identifier: MIT */
/* ACPI tables with everything that firmware can get wrong: what is bad is ignored, the rest counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware.h"
#include "qemu_acpi.h"
#include "warnings.h"
#include <time.h>

static struct machine m;

static int reset(void **state)
{
    (void)state;
    firmware_reset();
    return 0;
}

static int release(void **state)
{
    (void)state;
    firmware_release();
    return 0;
}

static int parse(void)
{
    firmware_release();
    forget_warnings();
    memset(&m, 0xa5, sizeof(m));
    return arch_acpi_parse(&firmware.bi, &m);
}

static void assert_complete(void)
{
    assert_warned(0, "");
    assert_int_equal(m.nr_cpus, 4);
    assert_int_equal(m.nr_mem, 4);
    assert_int_equal(m.slit_size, 3);
    assert_int_equal(m.pm_timer_port, 0x608);
}

static void no_acpi(void **state)
{
    static const struct machine empty;

    (void)state;
    firmware_put_qemu();
    for (unsigned int i = 0; i < 5; i++) {
        uint64_t good = firmware.bi.rsdp;
        struct acpi_rsdp saved = *firmware_rsdp();
        if (i == 0)
            firmware.bi.rsdp = 0;
        else if (i == 1)
            firmware.bi.rsdp = FIRMWARE_START + FIRMWARE_SIZE - 19;
        else if (i == 2)
            firmware_rsdp()->signature[7] = 'X';
        else if (i == 3)
            firmware_rsdp()->checksum++;
        else
            firmware_rsdp()->xsdt = firmware_rsdp()->rsdt = 0, firmware_fix_rsdp();
        assert_int_equal(parse(), -EINVAL);
        assert_warned(1, "ACPI: RSDP ignored");
        assert_memory_equal(&m, &empty, sizeof(m));
        firmware.bi.rsdp = good;
        *firmware_rsdp() = saved;
    }
}

/* ---- Root tables ---- */

/* The RSDT lists MADT only, the XSDT everything: the CPUs' count of SRAT tells which was firmware.used. */
static void put_different_roots(void)
{
    firmware_put_qemu();
    firmware_rsdp()->rsdt = (uint32_t)firmware_put_root("RSDT", 4, 1);
    firmware_fix_rsdp();
}

static void xsdt_is_preferred(void **state)
{
    (void)state;
    put_different_roots();
    assert_int_equal(parse(), 0);
    assert_complete();

    firmware_rsdp()->revision = 0;
    firmware_fix_rsdp();
    assert_int_equal(parse(), 0);
    assert_warned(0, "");
    assert_int_equal(m.nr_cpus, 4);
    assert_int_equal(m.nr_mem, 0);
}

/* All of it where 32 bits do not reach; the RSDT's entries would miss. */
static void tables_above_4_gib(void **state)
{
    (void)state;
    firmware_put_qemu();
    for (unsigned int i = 0; i < firmware.nr_tables; i++)
        firmware.tables[i] += FIRMWARE_HIGH;
    firmware_rsdp()->xsdt = firmware_put_root("XSDT", 8, firmware.nr_tables) + FIRMWARE_HIGH;
    firmware_rsdp()->rsdt = 0;
    firmware_fix_rsdp();
    firmware.bi.rsdp += FIRMWARE_HIGH;
    assert_int_equal(parse(), 0);
    assert_complete();
}

static void assert_fell_back(const char *warning)
{
    assert_int_equal(parse(), 0);
    assert_warned(1, warning);
    assert_int_equal(m.nr_cpus, 4);
    assert_int_equal(m.nr_mem, 0);
}

static void rsdt_is_the_fallback(void **state)
{
    struct acpi_header *xsdt;

    (void)state;
    put_different_roots();
    xsdt = firmware_ptr(firmware_rsdp()->xsdt);

    firmware_rsdp()->extended_checksum++;
    assert_fell_back("RSDP has a bad extended part");
    firmware_rsdp()->length = 35;
    firmware_fix_rsdp();
    assert_fell_back("RSDP has a bad extended part");
    firmware_rsdp()->length = UINT32_MAX;
    firmware_fix_rsdp();
    assert_fell_back("RSDP has a bad extended part");
    firmware_rsdp()->length = sizeof(struct acpi_rsdp);
    firmware_fix_rsdp();

    xsdt->checksum++;
    assert_fell_back("XSDT ignored: wrong checksum");
    xsdt->length -= 4;
    firmware_fix(firmware_rsdp()->xsdt);
    assert_fell_back("XSDT ignored: its 28 bytes");
    xsdt->length = 0;
    assert_fell_back("XSDT ignored: length 0");
    firmware_rsdp()->xsdt = 1UL << 63;
    firmware_fix_rsdp();
    assert_fell_back("XSDT ignored: address 0x8000000000000000 is not in memory");
    firmware_rsdp()->xsdt = 0;
    firmware_fix_rsdp();
    assert_int_equal(parse(), 0);
    assert_warned(0, "");
}

static void too_many_addresses(void **state)
{
    (void)state;
    put_different_roots();
    table_begin("XSDT", 1, sizeof(struct acpi_header) + 1025 * 8);
    firmware_rsdp()->xsdt = table_finish();
    firmware_fix_rsdp();
    assert_fell_back("XSDT ignored: its 8200 bytes");
}

static void addresses_outside_memory(void **state)
{
    (void)state;
    firmware_put(qemu_apic, sizeof(qemu_apic));
    firmware.tables[firmware.nr_tables++] = 0;
    firmware.tables[firmware.nr_tables++] = 0x1000;
    firmware.tables[firmware.nr_tables++] = UINT64_MAX - 3;
    firmware.tables[firmware.nr_tables++] = FIRMWARE_START + FIRMWARE_SIZE - 35;
    firmware_put(qemu_srat, sizeof(qemu_srat));
    firmware_put_roots();
    assert_int_equal(parse(), 0);
    assert_warned(1, "3 tables are not in memory, the first of them at 0x1000");
    assert_int_equal(m.nr_mem, 4);
}

static void first_table_wins(void **state)
{
    (void)state;
    firmware_put(qemu_slit, sizeof(qemu_slit));
    table_begin("SLIT", 1, sizeof(struct acpi_slit) + 1);
    table_bytes()[36] = 1;
    table_bytes()[44] = 10;
    table_finish();
    firmware_put_roots();
    parse();
    assert_int_equal(m.slit_size, 3);
}

/* ---- Any table: a bad one is ignored as a whole, the others count ---- */

static void assert_without(unsigned int table)
{
    static const char *const names[] = {"APIC ignored", "SRAT ignored", "SLIT ignored", "FACP ignored"};

    assert_int_equal(parse(), 0);
    assert_warned(1, names[table]);
    assert_int_equal(m.nr_cpus, table == QEMU_APIC ? 0 : 4);
    assert_int_equal(m.nr_mem, table == QEMU_SRAT ? 0 : 4);
    assert_int_equal(m.slit_size, table == QEMU_SLIT ? 0 : 3);
    assert_int_equal(m.pm_timer_port, table == QEMU_FACP ? 0 : 0x608);
    for (unsigned int i = 0; i < m.nr_cpus; i++)
        assert_int_equal(m.cpus[i].has_domain, table != QEMU_SRAT);
}

static void bad_length_or_checksum(void **state)
{
    static const size_t smallest[] = {sizeof(struct acpi_madt), sizeof(struct acpi_srat),
                                      sizeof(struct acpi_slit), ACPI_FADT_V1_SIZE};

    (void)state;
    firmware_put_qemu();
    for (unsigned int t = QEMU_APIC; t <= QEMU_FACP; t++) {
        struct acpi_header *h = firmware_ptr(firmware.tables[t]);
        const uint32_t length = h->length;
        const uint32_t bad[] = {
            0, 1, 35, (uint32_t)smallest[t] - 1, 0x10000, (uint32_t)ACPI_MAX_TABLE + 1, UINT32_MAX};

        for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
            h->length = bad[i];
            firmware_fix(firmware.tables[t]);
            assert_without(t);
        }
        h->length = length;
        firmware_fix(firmware.tables[t]);
        h->checksum++;
        assert_without(t);
        h->checksum--;
    }
    assert_int_equal(parse(), 0);
    assert_complete();
}

static void bad_entry_length(void **state)
{
    static const size_t first[] = {sizeof(struct acpi_madt), sizeof(struct acpi_srat)};

    (void)state;
    firmware_put_qemu();
    for (unsigned int t = QEMU_APIC; t <= QEMU_SRAT; t++) {
        struct acpi_header *h = firmware_ptr(firmware.tables[t]);
        uint8_t *entry = (uint8_t *)firmware_ptr(firmware.tables[t]) + first[t];
        const uint8_t length = entry[1], bad[] = {0, 1, (uint8_t)(length - 1), 255};

        for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
            entry[1] = bad[i];
            firmware_fix(firmware.tables[t]);
            assert_without(t);
        }
        entry[1] = length;
        h->length -= 1; /* cuts the last entry */
        firmware_fix(firmware.tables[t]);
        assert_without(t);
        h->length += 1;
        firmware_fix(firmware.tables[t]);
    }
}

static void stray_byte_behind_the_entries(void **state)
{
    (void)state;
    table_begin("APIC", 3, sizeof(struct acpi_madt) + 1);
    table_finish();
    firmware_put_roots();
    parse();
    assert_warned(1, "APIC ignored: 1 stray bytes at offset 44");
}

static void unknown_entries_are_skipped(void **state)
{
    static const uint8_t unknown[] = {0x7f, 2, 0xff, 5, 1, 2, 3, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const struct madt_lapic cpu = {.head = {MADT_LAPIC, 8}, .apic_id = 3, .flags = MADT_ENABLED};
    uint8_t longer[24] = {MADT_LAPIC, 24, 1, 9, MADT_ENABLED};

    (void)state;
    table_begin("APIC", 3, sizeof(struct acpi_madt));
    table_append(unknown, sizeof(unknown));
    table_append(&cpu, sizeof(cpu));
    table_append(longer, sizeof(longer));
    table_finish();
    firmware_put_roots();
    parse();
    assert_warned(0, "");
    assert_int_equal(m.nr_cpus, 2);
    assert_int_equal(m.cpus[0].apic_id, 3);
    assert_int_equal(m.cpus[1].apic_id, 9);
}

/* ---- Random mutations ---- */

static void check_bounds(void)
{
    assert_true(m.nr_cpus <= MAX_CPUS && m.nr_mem <= MAX_MEM_AFFINITY && m.slit_size <= MAX_NUMNODES);
    for (unsigned int i = 0; i < m.nr_mem; i++)
        assert_true(m.mem[i].start < m.mem[i].end);
    for (unsigned int i = 0; i < m.nr_cpus; i++)
        for (unsigned int k = 0; k < i; k++)
            assert_int_not_equal(m.cpus[i].apic_id, m.cpus[k].apic_id);
    assert_true(nr_warnings < 8);
}

static void mutate(void)
{
    static const uint8_t interesting[] = {0, 1, 2, 7, 0x7f, 0x80, 0xfe, 0xff};

    for (unsigned int n = 1 + (unsigned int)random() % 6; n; n--)
        firmware.ram[(size_t)random() % firmware.used] =
            random() % 2 ? (uint8_t)random() : interesting[(size_t)random() % ARRAY_SIZE(interesting)];
    if (random() % 8 == 0)
        return;
    for (unsigned int i = 0; i < firmware.nr_tables; i++)
        firmware_fix(firmware.tables[i]);
    if (firmware_rsdp()->rsdt >= FIRMWARE_START &&
        firmware_rsdp()->rsdt < FIRMWARE_START + FIRMWARE_SIZE - 36)
        firmware_fix(firmware_rsdp()->rsdt);
    if (firmware_rsdp()->xsdt >= FIRMWARE_START &&
        firmware_rsdp()->xsdt < FIRMWARE_START + FIRMWARE_SIZE - 36)
        firmware_fix(firmware_rsdp()->xsdt);
    firmware_fix_rsdp();
}

static void random_mutations(void **state)
{
    const char *text = getenv("SEED");
    unsigned int seed = text ? (unsigned int)strtoul(text, NULL, 0) : (unsigned int)time(NULL), parsed = 0;

    (void)state;
    print_message("SEED=%u\n", seed);
    srandom(seed);
    for (unsigned int i = 0; i < 20000; i++) {
        firmware_reset();
        firmware_put_qemu();
        mutate();
        parsed += parse() == 0;
        check_bounds();
    }
    assert_true(parsed > 5000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_acpi),
        TEST(xsdt_is_preferred),
        TEST(tables_above_4_gib),
        TEST(rsdt_is_the_fallback),
        TEST(too_many_addresses),
        TEST(addresses_outside_memory),
        TEST(first_table_wins),
        TEST(bad_length_or_checksum),
        TEST(bad_entry_length),
        TEST(stray_byte_behind_the_entries),
        TEST(unknown_entries_are_skipped),
        TEST(random_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
