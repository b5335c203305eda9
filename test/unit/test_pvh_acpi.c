/* SPDX-License-Identifier: MIT */
/* lib/pvh_acpi.c: a domain's ACPI tables, read by the code that reads the firmware's and by the disassembler
 * of ACPICA. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/pvh.h"
#include "../../lib/pvh_acpi.h"
#include "firmware.h"
#include "warnings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct machine m;

static int release(void **state)
{
    (void)state;
    firmware_release();
    return 0;
}

/* As a guest finds them: behind something else in its memory. */
static void build(unsigned int vcpus, const struct pvh_numa *numa)
{
    uint64_t size = pvh_acpi_size(vcpus, numa), at = FIRMWARE_START + 4096;
    uint8_t *exact = malloc(size); /* the address sanitizer sees a write beyond */

    firmware_reset();
    forget_warnings();
    assert_in_range(size, 1, PVH_ACPI_MAX);
    pvh_acpi_build(vcpus, numa, at, exact);
    memcpy(firmware_ptr(at), exact, size);
    free(exact);
    firmware.bi.rsdp = at;
    memset(&m, 0xa5, sizeof(m));
    assert_int_equal(arch_acpi_parse(&firmware.bi, &m), 0);
    assert_warned(0, "");
    assert_int_equal(m.pm_timer_port, 0);
}

static void assert_cpus(unsigned int nr)
{
    assert_int_equal(m.nr_cpus, nr);
    for (unsigned int i = 0; i < nr; i++) {
        assert_int_equal(m.cpus[i].apic_id, i);
        assert_int_equal(m.cpus[i].acpi_uid, i);
        assert_true(m.cpus[i].enabled);
    }
}

static void one_vcpu(void **state)
{
    (void)state;
    build(1, NULL);
    assert_cpus(1);
    assert_false(m.cpus[0].has_domain);
    assert_int_equal(m.nr_mem, 0);
    assert_int_equal(m.slit_size, 0);
}

static void as_many_vcpus_as_there_can_be(void **state)
{
    (void)state;
    build(PVH_MAX_VCPUS, &(struct pvh_numa){0});
    assert_cpus(PVH_MAX_VCPUS);
}

/* ---- virtual nodes ---- */

static struct pvh_numa numa;

/* Three nodes and five vCPUs; the second one has RAM on both sides of the hole. */
static void make_nodes(void)
{
    static const uint32_t distance[3][3] = {{10, 21, 300}, {10, 10, 17}, {31, 17, 10}};

    memset(&numa, 0, sizeof(numa));
    assert_true(pvh_numa_add(&numa, 7, 512 * MiB));
    assert_true(pvh_numa_add(&numa, 7, 4 * GiB));
    assert_true(pvh_numa_add(&numa, 3, GiB));
    pvh_numa_place_vcpus(&numa, 5);
    for (unsigned int i = 0; i < 9; i++)
        pvh_numa_set_distance(&numa, i / 3, i % 3, distance[i / 3][i % 3]);
}

static void virtual_nodes(void **state)
{
    static const uint8_t slit[] = {10, 21, 255, 11, 10, 17, 31, 17, 10};
    static const uint32_t node_of_vcpu[] = {0, 0, 1, 1, 2};
    static const struct xen_vmemrange ranges[] = {
        {.start = 0, .end = 512 * MiB, .nid = 0},
        {.start = 512 * MiB, .end = PVH_HOLE_START, .nid = 1},
        {.start = 4 * GiB, .end = 4 * GiB + 768 * MiB, .nid = 1},
        {.start = 4 * GiB + 768 * MiB, .end = 4 * GiB + 1792 * MiB, .nid = 2},
    };

    (void)state;
    make_nodes();
    build(5, &numa);
    assert_cpus(5);
    for (unsigned int i = 0; i < 5; i++) {
        assert_true(m.cpus[i].has_domain);
        assert_int_equal(m.cpus[i].domain, node_of_vcpu[i]);
    }
    assert_int_equal(m.nr_mem, 4);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(m.mem[i].start, ranges[i].start);
        assert_int_equal(m.mem[i].end, ranges[i].end);
        assert_int_equal(m.mem[i].domain, ranges[i].nid);
        assert_false(m.mem[i].hotplug);
    }
    assert_int_equal(m.slit_size, 3);
    assert_memory_equal(m.slit, slit, sizeof(slit));
}

static void a_border_at_the_hole(void **state)
{
    (void)state;
    memset(&numa, 0, sizeof(numa));
    assert_true(pvh_numa_add(&numa, 0, PVH_HOLE_START));
    assert_true(pvh_numa_add(&numa, 1, GiB));
    assert_int_equal(numa.nr_ranges, 2);
    assert_int_equal(numa.range[0].end, PVH_HOLE_START);
    assert_int_equal(numa.range[1].start, 4 * GiB);
    assert_int_equal(numa.range[1].end, 5 * GiB);
}

static void as_many_nodes_as_there_can_be(void **state)
{
    (void)state;
    memset(&numa, 0, sizeof(numa));
    for (unsigned int i = 0; i < PVH_MAX_VNODES; i++)
        assert_true(pvh_numa_add(&numa, i, GiB));
    assert_false(pvh_numa_add(&numa, 0, GiB));
    pvh_numa_place_vcpus(&numa, PVH_MAX_VCPUS);
    for (unsigned int i = 0; i < PVH_MAX_VNODES * PVH_MAX_VNODES; i++)
        pvh_numa_set_distance(&numa, i / PVH_MAX_VNODES, i % PVH_MAX_VNODES, 20);
    build(PVH_MAX_VCPUS, &numa);
    assert_cpus(PVH_MAX_VCPUS);
    for (unsigned int i = 0; i < PVH_MAX_VCPUS; i++)
        assert_int_equal(m.cpus[i].domain, i / 4);
    assert_int_equal(m.nr_mem, PVH_MAX_VNODES + 1);
    assert_int_equal(m.slit_size, PVH_MAX_VNODES);
}

/* ---- ACPICA's disassembler, which also looks at what our reader has no use for ---- */

static char listing[65536];

/* Put the table and what the disassembler writes about it into a folder of its own. */
static void disassemble(uint64_t at)
{
    const struct acpi_header *table = firmware_ptr(at);
    char folder[] = "/tmp/allod-acpi-XXXXXX", command[200];
    FILE *f;

    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command),
             "cat >%s/t.dat; iasl -d %s/t.dat >%s/said 2>&1; cat %s/said %s/t.dsl >%s/all", folder, folder,
             folder, folder, folder, folder);
    f = popen(command, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(table, 1, table->length, f), table->length);
    assert_int_equal(pclose(f), 0);
    snprintf(command, sizeof(command), "cat %s/all; rm -r %s", folder, folder);
    f = popen(command, "r");
    assert_non_null(f);
    listing[fread(listing, 1, sizeof(listing) - 1, f)] = 0;
    pclose(f);
    if (strstr(listing, "ncorrect checksum") || strstr(listing, "nvalid") || strstr(listing, "rror"))
        fail_msg("the disassembler is not content: %s", listing);
}

static void assert_listed(const char *line, unsigned int times)
{
    unsigned int seen = 0;

    for (const char *at = strstr(listing, line); at; at = strstr(at + 1, line))
        seen++;
    if (seen != times)
        fail_msg("expected %u times \"%s\", seen %u times in: %s", times, line, seen, listing);
}

/* The address in the N-th line of the XSDT. */
static uint64_t listed_table(unsigned int n)
{
    const struct acpi_rsdp *rsdp = firmware_rsdp();
    const struct acpi_header *xsdt = firmware_ptr(rsdp->xsdt);
    uint64_t at;

    memcpy(&at, (const char *)(xsdt + 1) + n * sizeof(at), sizeof(at));
    return at;
}

static void the_disassembler_agrees(void **state)
{
    const struct acpi_fadt *fadt;

    (void)state;
    make_nodes();
    build(5, &numa);
    disassemble(firmware_rsdp()->xsdt);
    assert_listed("ACPI Table Address", 4);

    fadt = firmware_ptr(listed_table(0));
    disassemble(listed_table(0));
    assert_listed("[Fixed ACPI Description Table (FADT)]", 1);
    assert_listed("Hardware Reduced (V5) : 1", 1);
    assert_listed("CMOS RTC Not Present (V5) : 1", 1);
    assert_listed("Hypervisor ID", 1);
    disassemble(fadt->x_dsdt);
    assert_listed("DefinitionBlock (\"\", \"DSDT\", 2, \"Allod\"", 1);

    disassemble(listed_table(1));
    assert_listed("Local Apic Address : FEE00000", 1);
    assert_listed("Processor Enabled : 1", 5);
    assert_listed("Processor ID : 04", 1);
    assert_listed("Local Apic ID : 04", 1);
    disassemble(listed_table(2));
    assert_listed("Table Revision : 00000001", 1);
    assert_listed("Proximity Domain Low(8) : 01", 2);
    assert_listed("Base Address : 0000000100000000", 1);
    assert_listed("Address Length : 0000000020000000", 1);
    assert_listed("Address Length : 0000000040000000", 1);
    disassemble(listed_table(3));
    assert_listed("Locality   0 : 0A 15 FF", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_vcpu, release),
        cmocka_unit_test_teardown(as_many_vcpus_as_there_can_be, release),
        cmocka_unit_test_teardown(virtual_nodes, release),
        cmocka_unit_test_teardown(as_many_nodes_as_there_can_be, release),
        cmocka_unit_test(a_border_at_the_hole),
        cmocka_unit_test_teardown(the_disassembler_agrees, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
