/* SPDX-License-Identifier: MIT */
/* Fuzzer for the way from the firmware's memory to the nodes: ACPI tables and memory map, any bytes.
 *
 * Input: flags (bit 0: repair checksums, since few inputs would have good ones), the number of memory ranges,
 * for each {MiB before it, 2 bytes; MiB; type}, then the firmware's memory from BASE on, with the RSDP first.
 * Whatever it says, the nodes are consistent, and the warnings are few. */
#include "acpi.h"
#include "topology.h"
#include <stdlib.h>
#include <string.h>

#define BASE         0x100000000UL /* above 4 GiB */
#define MAX_MAPPED   8192
#define MAX_WARNINGS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *memory;
static size_t memory_size;
static void *mapped[MAX_MAPPED];
static unsigned int nr_mapped, nr_warnings;
static struct boot_info bi;
static struct machine machine;
static struct topology t;

void printk(enum log_level level, const char *fmt, ...)
{
    (void)fmt;
    if (level > LOG_WARN || ++nr_warnings > MAX_WARNINGS)
        abort();
}

void panic(const char *fmt, ...)
{
    (void)fmt;
    abort();
}

uint64_t arch_phys_limit(void)
{
    return 1UL << 44;
}

void acpi_map_init(const struct boot_info *info)
{
    (void)info;
}

/* A copy of exactly LEN bytes, so that the address sanitizer sees a read beyond what was asked for. */
const void *acpi_map(uint64_t paddr, size_t len)
{
    if (paddr < BASE || paddr - BASE > memory_size || len > memory_size - (paddr - BASE) ||
        nr_mapped == MAX_MAPPED)
        return NULL;
    mapped[nr_mapped] = malloc(len ? len : 1);
    return memcpy(mapped[nr_mapped++], memory + (paddr - BASE), len);
}

static void repair(size_t at, size_t checksum_at, size_t len)
{
    uint8_t sum = 0;

    if (at > memory_size || len > memory_size - at || len <= checksum_at)
        return;
    memory[at + checksum_at] = 0;
    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + memory[at + i]);
    memory[at + checksum_at] = (uint8_t)-sum;
}

static uint64_t read_le(size_t at, size_t n)
{
    uint64_t v = 0;

    if (at <= memory_size && n <= memory_size - at)
        memcpy(&v, memory + at, n);
    return v;
}

static void repair_table(uint64_t paddr)
{
    if (paddr >= BASE)
        repair(paddr - BASE, 9, read_le(paddr - BASE + 4, 4));
}

/* The tables first: root tables hold no sums of theirs. */
static void repair_all(void)
{
    uint64_t xsdt = read_le(24, 8), rsdt = read_le(16, 4);

    for (size_t i = 0; i < 16 && xsdt >= BASE; i++)
        repair_table(read_le(xsdt - BASE + 36 + i * 8, 8));
    repair_table(xsdt);
    repair_table(rsdt);
    repair(0, 8, 20);
    repair(0, 32, 36);
}

/* Returns the bytes of the input that the ranges took. */
static size_t read_ranges(const uint8_t *data, size_t size, unsigned int nr)
{
    uint64_t at = 0;

    for (unsigned int i = 0; i < nr && size >= (i + 1) * 4UL; i++) {
        const uint8_t *r = data + i * 4UL;
        uint64_t start = at + (r[0] | (uint64_t)r[1] << 8) * MiB;

        at = start + (r[2] + 1UL) * MiB / 2;
        bi.ranges[bi.nr_ranges++] = (struct boot_range){start, at, 1 + r[3] % 4, 0};
    }
    return bi.nr_ranges * 4UL;
}

static bool is_free_ram(uint64_t start, uint64_t end)
{
    for (unsigned int i = 0; i < bi.nr_ranges; i++) {
        const struct boot_range *r = &bi.ranges[i];

        if (r->type == BOOT_RANGE_FREE && r->start <= start && start < r->end)
            start = r->end;
    }
    return start >= end;
}

static void check_nodes(void)
{
    uint64_t before = MiB;

    if (t.nr_nodes < 1 || t.nr_nodes > MAX_NUMNODES || t.nr_ranges < 1 || t.nr_ranges > TOPOLOGY_MAX_RANGES)
        abort();
    for (unsigned int i = 0; i < t.nr_ranges; i++) {
        uint64_t start = t.ranges[i].start.v << PAGE_SHIFT, end = t.ranges[i].end.v << PAGE_SHIFT;

        if (start < before || start >= end || t.ranges[i].node >= t.nr_nodes || !is_free_ram(start, end))
            abort();
        before = end;
    }
    for (unsigned int i = 0; i < t.nr_nodes * t.nr_nodes; i++)
        if (t.distance[i] < 10 || (i / t.nr_nodes == i % t.nr_nodes && t.distance[i] != 10))
            abort();
    for (unsigned int i = 0; i < machine.nr_cpus; i++)
        if (topology_cpu_node(&t, i) >= t.nr_nodes)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t used;

    if (size < 2)
        return 0;
    memset(&bi, 0, sizeof(bi));
    nr_warnings = 0;
    used = 2 + read_ranges(data + 2, size - 2, data[1]);
    memory_size = size - used;
    memory = malloc(memory_size ? memory_size : 1);
    memcpy(memory, data + used, memory_size);
    bi.rsdp = BASE;
    if (data[0] & 1)
        repair_all();
    arch_acpi_parse(&bi, &machine);
    if (topology_build(&bi, &machine, &t) == 0)
        check_nodes();
    while (nr_mapped)
        free(mapped[--nr_mapped]);
    free(memory);
    return 0;
}
