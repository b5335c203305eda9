/* SPDX-License-Identifier: MIT */
/* What ACPI tables say: QEMU's own and hand-made ones with every kind of entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware.h"
#include "warnings.h"

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

static void check_qemu(void)
{
    static const uint8_t slit[] = {10, 21, 31, 21, 10, 17, 31, 17, 10};

    assert_int_equal(m.nr_cpus, 4);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(m.cpus[i].apic_id, i);
        assert_true(m.cpus[i].enabled && m.cpus[i].has_domain);
        assert_int_equal(m.cpus[i].domain, i / 2);
    }
    assert_int_equal(m.nr_mem, 4);
    assert_int_equal(m.mem[0].end, 0xa0000);
    assert_int_equal(m.mem[1].start, MiB);
    assert_int_equal(m.mem[2].start, 512 * MiB);
    assert_int_equal(m.mem[2].end, GiB);
    assert_int_equal(m.mem[2].domain, 1);
    assert_false(m.mem[2].hotplug);
    assert_int_equal(m.mem[3].start, 4 * GiB);
    assert_int_equal(m.mem[3].end, 9 * GiB);
    assert_int_equal(m.mem[3].domain, 2);
    assert_true(m.mem[3].hotplug);
    assert_int_equal(m.slit_size, 3);
    assert_memory_equal(m.slit, slit, sizeof(slit));
    assert_int_equal(m.pm_timer_port, 0x608);
    assert_false(m.pm_timer_32bit);
}

static void qemu_tables(void **state)
{
    (void)state;
    firmware_put_qemu();
    assert_int_equal(parse(), 0);
    assert_warned(0, "");
    check_qemu();
}

/* ---- MADT ---- */

static void append_lapic(uint8_t apic_id, uint32_t flags)
{
    const struct madt_lapic e = {
        .head = {MADT_LAPIC, sizeof(e)}, .uid = 7, .apic_id = apic_id, .flags = flags};

    table_append(&e, sizeof(e));
}

static void append_x2apic(uint32_t apic_id, uint32_t flags)
{
    const struct madt_x2apic e = {
        .head = {MADT_X2APIC, sizeof(e)}, .uid = 70000, .apic_id = apic_id, .flags = flags};

    table_append(&e, sizeof(e));
}

static void madt_entries(void **state)
{
    (void)state;
    table_begin("APIC", 5, sizeof(struct acpi_madt));
    append_lapic(4, 0);
    append_lapic(5, MADT_ENABLED);
    append_lapic(6, MADT_ONLINE_CAPABLE);
    append_lapic(0xff, MADT_ENABLED);
    append_x2apic(300, MADT_ENABLED);
    append_x2apic(0xff, MADT_ENABLED);
    append_x2apic(UINT32_MAX, MADT_ENABLED);
    append_x2apic(5, MADT_ENABLED);
    append_x2apic(6, MADT_ENABLED);
    table_finish();
    firmware_put_roots();
    parse();
    assert_warned(0, "");
    assert_int_equal(m.nr_cpus, 4);
    assert_int_equal(m.cpus[0].apic_id, 5);
    assert_int_equal(m.cpus[0].acpi_uid, 7);
    assert_int_equal(m.cpus[1].apic_id, 6);
    assert_true(m.cpus[1].enabled);
    assert_int_equal(m.cpus[2].apic_id, 300);
    assert_int_equal(m.cpus[2].acpi_uid, 70000);
    assert_int_equal(m.cpus[3].apic_id, 0xff);
}

static void madt_online_capable_is_not_enabled(void **state)
{
    (void)state;
    table_begin("APIC", 5, sizeof(struct acpi_madt));
    append_lapic(6, MADT_ONLINE_CAPABLE);
    table_finish();
    firmware_put_roots();
    parse();
    assert_int_equal(m.nr_cpus, 1);
    assert_false(m.cpus[0].enabled);
}

static void madt_too_many_cpus(void **state)
{
    (void)state;
    table_begin("APIC", 5, sizeof(struct acpi_madt));
    for (unsigned int i = 0; i < MAX_CPUS + 44; i++)
        append_x2apic(i, MADT_ENABLED);
    append_x2apic(3, MADT_ENABLED);
    table_finish();
    firmware_put_roots();
    parse();
    assert_warned(1, "APIC has more entries than there is room for, the last 44 are not used");
    assert_int_equal(m.nr_cpus, MAX_CPUS);
    assert_int_equal(m.cpus[MAX_CPUS - 1].apic_id, MAX_CPUS - 1);
}

/* ---- SRAT ---- */

static void append_memory(uint32_t domain, uint64_t base, uint64_t length, uint32_t flags)
{
    const struct srat_memory e = {
        .head = {SRAT_MEMORY, sizeof(e)}, .domain = domain, .base = base, .length = length, .flags = flags};

    table_append(&e, sizeof(e));
}

static void append_cpu_affinity(uint8_t apic_id, uint32_t domain, uint32_t flags)
{
    const struct srat_lapic e = {
        .head = {SRAT_LAPIC, sizeof(e)},
        .domain_low = (uint8_t)domain,
        .apic_id = apic_id,
        .flags = flags,
        .domain_high = {(uint8_t)(domain >> 8), (uint8_t)(domain >> 16), (uint8_t)(domain >> 24)},
    };

    table_append(&e, sizeof(e));
}

static void append_x2apic_affinity(uint32_t apic_id, uint32_t domain, uint32_t flags)
{
    const struct srat_x2apic e = {
        .head = {SRAT_X2APIC, sizeof(e)}, .domain = domain, .apic_id = apic_id, .flags = flags};

    table_append(&e, sizeof(e));
}

static void put_cpus(void)
{
    table_begin("APIC", 5, sizeof(struct acpi_madt));
    append_lapic(0, MADT_ENABLED);
    append_lapic(1, MADT_ENABLED);
    append_x2apic(1000, MADT_ENABLED);
    append_lapic(2, MADT_ENABLED);
    table_finish();
}

/* The SRAT comes before the MADT in memory: the order of parsing must not depend on it. */
static void srat_entries(unsigned int revision)
{
    table_begin("SRAT", revision, sizeof(struct acpi_srat));
    append_memory(0x01020304, 0, 4096, SRAT_ENABLED);
    append_memory(1, 4096, 4096, 0);
    append_memory(1, 4096, 0, SRAT_ENABLED);
    append_memory(2, 1UL << 40, 4096, SRAT_ENABLED | SRAT_HOTPLUG);
    append_memory(3, UINT64_MAX - 4095, 4095, SRAT_ENABLED);
    append_cpu_affinity(0, 0x01020304, SRAT_ENABLED);
    append_cpu_affinity(0, 5, SRAT_ENABLED);
    append_cpu_affinity(1, 6, 0);
    append_cpu_affinity(99, 6, SRAT_ENABLED);
    append_x2apic_affinity(1000, 0x01020304, SRAT_ENABLED);
    append_x2apic_affinity(2, 8, 0);
    table_finish();
    put_cpus();
    firmware_put_roots();
    parse();
    assert_warned(0, "");
    assert_int_equal(m.nr_cpus, 4);
    assert_int_equal(m.nr_mem, 3);
    assert_int_equal(m.mem[1].start, 1UL << 40);
    assert_true(m.mem[1].hotplug);
    assert_int_equal(m.mem[2].end, UINT64_MAX);
    assert_false(m.cpus[1].has_domain);
    assert_int_equal(m.cpus[2].domain, 0x01020304);
    assert_false(m.cpus[3].has_domain);
}

static void srat_revision_1(void **state)
{
    (void)state;
    srat_entries(1);
    assert_int_equal(m.mem[0].domain, 4);
    assert_int_equal(m.cpus[0].domain, 4);
}

static void srat_revision_3(void **state)
{
    (void)state;
    srat_entries(3);
    assert_int_equal(m.mem[0].domain, 0x01020304);
    assert_int_equal(m.cpus[0].domain, 0x01020304);
}

static void srat_wraps_around(void **state)
{
    (void)state;
    table_begin("SRAT", 3, sizeof(struct acpi_srat));
    append_memory(0, 0, 4096, SRAT_ENABLED);
    append_cpu_affinity(0, 5, SRAT_ENABLED);
    append_memory(1, 1UL << 63, 1UL << 63, SRAT_ENABLED);
    table_finish();
    put_cpus();
    firmware_put_roots();
    parse();
    assert_warned(1, "SRAT ignored: memory at 0x8000000000000000 of 0x8000000000000000 bytes wraps around");
    assert_int_equal(m.nr_mem, 0);
    assert_false(m.cpus[0].has_domain);
    assert_int_equal(m.cpus[0].domain, 0);
}

static void srat_too_many_ranges(void **state)
{
    (void)state;
    table_begin("SRAT", 3, sizeof(struct acpi_srat));
    for (unsigned int i = 0; i < MAX_MEM_AFFINITY + 1; i++)
        append_memory(i, i * MiB, MiB, SRAT_ENABLED);
    append_cpu_affinity(0, 5, SRAT_ENABLED);
    table_finish();
    put_cpus();
    firmware_put_roots();
    parse();
    assert_warned(1, "SRAT has more entries than there is room for, the last 1 are not used");
    assert_int_equal(m.nr_mem, MAX_MEM_AFFINITY);
    assert_int_equal(m.cpus[0].domain, 5);
}

/* ---- SLIT ---- */

static void put_slit(uint64_t localities, size_t bytes)
{
    table_begin("SLIT", 1, sizeof(struct acpi_slit) + bytes);
    memcpy(table_bytes() + 36, &localities, 8);
    for (size_t i = 0; i < bytes; i++)
        table_bytes()[44 + i] = (uint8_t)(i / 101 + i % 101);
    table_finish();
    firmware_put_roots();
    parse();
}

static void slit_that_does_not_fit(void **state)
{
    static const uint64_t bad[] = {0, 5, 17, 1UL << 32, (1UL << 32) + 4, 1UL << 63, UINT64_MAX};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        firmware_reset();
        put_slit(bad[i], 16);
        assert_warned(1, "SLIT ignored");
        assert_int_equal(m.slit_size, 0);
    }
    firmware_reset();
    put_slit(4, 16);
    assert_int_equal(m.slit_size, 4);
}

static void slit_beyond_our_nodes(void **state)
{
    (void)state;
    put_slit(101, 101 * 101);
    assert_warned(0, "");
    assert_int_equal(m.slit_size, MAX_NUMNODES);
    for (unsigned int i = 0; i < MAX_NUMNODES * MAX_NUMNODES; i++)
        assert_int_equal(m.slit[i], i / MAX_NUMNODES + i % MAX_NUMNODES);
}

/* ---- FADT ---- */

static void put_fadt(const struct acpi_fadt *fadt, size_t size)
{
    firmware_reset();
    table_begin("FACP", 6, sizeof(struct acpi_header));
    table_append(&fadt->header + 1, size - sizeof(struct acpi_header));
    table_finish();
    firmware_put_roots();
    parse();
}

static void fadt_timer(void **state)
{
    struct acpi_fadt f = {.pm_timer_block = 0x408, .pm_timer_length = 4, .flags = FADT_TMR_VAL_EXT};

    (void)state;
    put_fadt(&f, sizeof(f));
    assert_int_equal(m.pm_timer_port, 0x408);
    assert_true(m.pm_timer_32bit);

    f.x_pm_timer_block = (struct acpi_gas){.space = ACPI_SPACE_IO, .address = 0x1808};
    f.flags = 0;
    put_fadt(&f, sizeof(f));
    assert_int_equal(m.pm_timer_port, 0x1808);
    assert_false(m.pm_timer_32bit);
    put_fadt(&f, sizeof(f) - 1);
    assert_int_equal(m.pm_timer_port, 0x408);
    put_fadt(&f, ACPI_FADT_V1_SIZE);
    assert_int_equal(m.pm_timer_port, 0x408);

    f.x_pm_timer_block.space = 0; /* memory: not a port */
    put_fadt(&f, sizeof(f));
    assert_int_equal(m.pm_timer_port, 0x408);
    f.pm_timer_length = 0;
    put_fadt(&f, sizeof(f));
    assert_int_equal(m.pm_timer_port, 0);
    assert_warned(0, "");
}

static void fadt_without_usable_timer(void **state)
{
    struct acpi_fadt f = {.pm_timer_block = 0x408, .pm_timer_length = 4, .flags = FADT_HW_REDUCED};

    (void)state;
    put_fadt(&f, sizeof(f));
    assert_warned(0, "");
    assert_int_equal(m.pm_timer_port, 0);
    f.flags = 0;
    f.pm_timer_block = 0xfffd;
    put_fadt(&f, sizeof(f));
    assert_warned(1, "FACP ignored: PM timer at 0xfffd is no I/O port");
    f.x_pm_timer_block = (struct acpi_gas){.space = ACPI_SPACE_IO, .address = 0x100000408};
    put_fadt(&f, sizeof(f));
    assert_warned(1, "FACP ignored: PM timer at 0x100000408 is no I/O port");
    assert_int_equal(m.pm_timer_port, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(qemu_tables),           TEST(madt_entries),         TEST(madt_online_capable_is_not_enabled),
        TEST(madt_too_many_cpus),    TEST(srat_revision_1),      TEST(srat_revision_3),
        TEST(srat_wraps_around),     TEST(srat_too_many_ranges), TEST(slit_that_does_not_fit),
        TEST(slit_beyond_our_nodes), TEST(fadt_timer),           TEST(fadt_without_usable_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
