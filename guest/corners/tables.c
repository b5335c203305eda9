/* SPDX-License-Identifier: MIT */
/* Page tables that point to themselves, to nobody's memory and to devices, as the way to a hypercall's
 * argument. */
#include "corners.h"
#include "cpu.h"
#include <string.h>
#include <xen/memory.h>
#include <xen/version.h>

#define FAULT    ((uint64_t)-14)
#define P        1UL
#define RW       2UL
#define ACCESSED 0x20UL
#define DIRTY    0x40UL
#define LARGE    0x80UL
#define SLOT     300U /* of the root: free, in the upper half */
#define SCRATCH  400U /* another, that only ever holds what a test writes there */

typedef uint64_t table_t[512] __attribute__((aligned(4096)));

static table_t level3, level2, level1, page;

static table_t *root(void)
{
    return (table_t *)(read_cr3() & ~0xfffUL);
}

static uint64_t slot_address(unsigned int i4, unsigned int i3, unsigned int i2, unsigned int i1)
{
    uint64_t va = (uint64_t)i4 << 39 | (uint64_t)i3 << 30 | (uint64_t)i2 << 21 | (uint64_t)i1 << 12;

    return (uint64_t)((int64_t)(va << 16) >> 16);
}

static uint64_t ask(uint64_t va)
{
    return (uint64_t)xen_hypercall(__HYPERVISOR_xen_version, XENVER_extraversion, va, 0, 0, 0);
}

/* Root, level 3, 2, 1, page: all fine. The tests spoil one of them. */
static uint64_t good_tables(void)
{
    (*root())[SLOT] = (uintptr_t)level3 | P | RW;
    level3[5] = (uintptr_t)level2 | P | RW;
    level2[6] = (uintptr_t)level1 | P | RW;
    level1[7] = (uintptr_t)page | P | RW;
    memset(page, 0, sizeof(page));
    return slot_address(SLOT, 5, 6, 7);
}

static uint64_t *entry_at(unsigned int level)
{
    uint64_t *const entries[] = {NULL, &level1[7], &level2[6], &level3[5], &(*root())[SLOT]};

    return entries[level];
}

static void check_good(void)
{
    uint64_t va = good_tables();

    expect_equal("result", ask(va + 8), 0);
    expect_equal("what the CPU reads there", *(volatile uint64_t *)(va + 8), page[1]);
    expect_equal("something was written", page[1] != 0, 1);
    (*root())[SLOT] = 0;
}

/* Each level in turn holds each of these. */
static void check_spoilt(void)
{
    static const uint64_t bad[] = {
        0,
        0xfee00000 | P | RW,           /* the local APIC */
        0xfed00000 | P | RW,           /* a hole */
        0xe0000000 | P | RW,           /* another */
        0x000ffffffffff000UL | P | RW, /* the highest address that an entry can hold */
        0x0001000000000000UL | P | RW, /* beyond what guests have */
        0x0000000100000000UL | P | RW, /* behind this guest's memory */
        ~0UL,
        ~1UL,
    };

    for (unsigned int level = 1; level <= 4; level++)
        for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            uint64_t va = good_tables();

            *entry_at(level) = bad[i];
            expect_equal("result", ask(va), FAULT);
        }
    (*root())[SLOT] = 0;
}

static void check_read_only(void)
{
    for (unsigned int level = 1; level <= 4; level++) {
        uint64_t va = good_tables();

        *entry_at(level) &= ~RW;
        expect_equal("result", ask(va), FAULT);
    }
    (*root())[SLOT] = 0;
}

static void check_large_nowhere(void)
{
    uint64_t va = good_tables();

    level2[6] = 0xe0000000 | P | RW | LARGE;
    expect_equal("2 MiB", ask(va), FAULT);
    level3[5] = 0xc0000000 | P | RW | LARGE;
    expect_equal("1 GiB", ask(va), FAULT);
    level3[5] = 0x000fffffc0000000UL | P | RW | LARGE;
    expect_equal("1 GiB beyond all", ask(va), FAULT);
    (*root())[SLOT] = 0;
}

/* A root that maps itself: four times the same entry leads to the root as a page. What is written there is
 * seen in the root. */
static void check_root_in_itself(void)
{
    uint64_t *r = *root();

    r[SLOT] = (uintptr_t)r | P | RW;
    r[SCRATCH] = r[SCRATCH + 1] = 0;
    expect_equal("result", ask(slot_address(SLOT, SLOT, SLOT, SLOT) + 8 * SCRATCH), 0);
    expect_equal("the root has changed", r[SCRATCH] != 0, 1);
    r[SCRATCH] = r[SCRATCH + 1] = r[SLOT] = 0;
}

/* Each of the lower levels, too; in the end an entry that is overwritten while it is in use. */
static void check_table_in_itself(void)
{
    uint64_t va = good_tables(), text[2];

    level3[9] = (uintptr_t)level3 | P | RW;
    expect_equal("level 3", ask(slot_address(SLOT, 9, 9, 9) + 8 * SCRATCH), 0);
    expect_equal("it has changed", level3[SCRATCH] != 0, 1);
    level1[9] = (uintptr_t)level1 | P | RW;
    expect_equal("level 1", ask(slot_address(SLOT, 5, 6, 9) + 8 * 9), 0);
    ask((uintptr_t)text);
    expect_equal("the entry was overwritten", level1[9], text[0]);
    expect_equal("level 1 again", ask(va), 0);
    (*root())[SLOT] = 0;
}

/* CR3's low bits and a read of the tables by the CPU afterwards. */
static void check_cr3_bits(void)
{
    uint64_t cr3 = read_cr3(), va = good_tables();

    write_cr3(cr3 | 0x18); /* PCD, PWT */
    expect_equal("result", ask(va), 0);
    write_cr3(cr3);
    (*root())[SLOT] = 0;
    write_cr3(cr3);
    expect_equal("after the way is gone", ask(va), FAULT);
}

#define AD (ACCESSED | DIRTY)
static void expect_bits(const char *what, uint64_t bits_of_page)
{
    expect_equal(what, level1[7] & AD, bits_of_page);
    for (unsigned int level = 2; level <= 4; level++)
        expect_equal("A and not D above it", *entry_at(level) & AD, bits_of_page & ACCESSED);
}

/* The CPU sets D only where it writes; so does the hypervisor, which reads an argument and writes a result. A
 * walk that fails sets nothing. */
static void check_accessed(void)
{
    uint64_t va = good_tables();

    (void)*(volatile uint64_t *)va;
    expect_bits("read by the CPU", ACCESSED);
    *(volatile uint64_t *)va = 0;
    expect_equal("written by the CPU", level1[7] & AD, AD);
    va = good_tables();
    xen_hypercall(__HYPERVISOR_xen_version, XENVER_get_features, va, 0, 0, 0);
    expect_equal("an argument that is read and written", level1[7] & AD, AD);
    va = good_tables();
    xen_hypercall(__HYPERVISOR_memory_op, XENMEM_maximum_reservation, va, 0, 0, 0);
    expect_bits("an argument that is read", ACCESSED);
    expect_equal("a result", ask(va), 0);
    expect_equal("is written", level1[7] & AD, AD);
    va = good_tables();
    level1[7] &= ~RW;
    expect_equal("a result that must not be written", ask(va), FAULT);
    expect_bits("leaves all bits clear", 0);
    (*root())[SLOT] = 0;
}

const struct corner tables[] = {
    {"good ones", .run = check_good},
    {"entries that lead nowhere, at each level", .run = check_spoilt},
    {"read-only at any level", .run = check_read_only},
    {"large pages of nobody's memory", .run = check_large_nowhere},
    {"a root that points to itself", .run = check_root_in_itself},
    {"tables that point to themselves", .run = check_table_in_itself},
    {"accessed and dirty", .run = check_accessed},
    {"bits of CR3 that are no address", .run = check_cr3_bits},
    {0},
};
