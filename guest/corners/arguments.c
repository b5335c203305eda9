/* SPDX-License-Identifier: MIT */
/* Hypercall arguments at addresses where nothing good is: -EFAULT each time, and nothing else happens. */
#include "corners.h"
#include "cpu.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/version.h>

#define FAULT     ((uint64_t)-14)
#define DENIAL    ((uint64_t)-1) /* EPERM */
#define TEXT_SIZE sizeof(xen_extraversion_t)

/* Calls that read from the address, or write to it, before they do anything. */
static const struct call {
    const char *name;
    unsigned int nr;
    uint64_t arg[3];
    unsigned int address; /* which argument it is */
    enum {
        READS,
        WRITES,
        COUNTS, /* answers how much is done: nothing */
        DENIED, /* is not for this guest: the address may not even be looked at */
    } how;
} calls[] = {
    {"XENVER_extraversion", __HYPERVISOR_xen_version, {XENVER_extraversion}, 1, WRITES},
    {"XENVER_compile_info", __HYPERVISOR_xen_version, {XENVER_compile_info}, 1, WRITES},
    {"XENVER_commandline", __HYPERVISOR_xen_version, {XENVER_commandline}, 1, WRITES},
    {"XENVER_get_features", __HYPERVISOR_xen_version, {XENVER_get_features}, 1, WRITES},
    {"CONSOLEIO_write", __HYPERVISOR_console_io, {CONSOLEIO_write, 16}, 2, READS},
    {"SCHEDOP_poll", __HYPERVISOR_sched_op, {SCHEDOP_poll}, 1, READS},
    {"SCHEDOP_shutdown", __HYPERVISOR_sched_op, {SCHEDOP_shutdown}, 1, READS},
    {"XENMEM_decrease_reservation", __HYPERVISOR_memory_op, {XENMEM_decrease_reservation}, 1, COUNTS},
    {"XENMEM_populate_physmap", __HYPERVISOR_memory_op, {XENMEM_populate_physmap}, 1, COUNTS},
    {"XENMEM_claim_pages", __HYPERVISOR_memory_op, {XENMEM_claim_pages}, 1, DENIED},
    {"multicall", __HYPERVISOR_multicall, {0, 1}, 0, READS},
    {"domctl", __HYPERVISOR_domctl, {0}, 0, DENIED},
    {"sysctl", __HYPERVISOR_sysctl, {0}, 0, DENIED},
};
#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static uint64_t call_with(const struct call *c, uint64_t address)
{
    uint64_t arg[3];

    memcpy(arg, c->arg, sizeof(arg));
    arg[c->address] = address;
    return (uint64_t)xen_hypercall(c->nr, arg[0], arg[1], arg[2], 0, 0);
}

static void all_fault_at(uint64_t address)
{
    for (unsigned int i = 0; i < NR_CALLS; i++) {
        uint64_t result = call_with(&calls[i], address);

        if (calls[i].how != DENIED || result != DENIAL)
            expect_equal(calls[i].name, result, calls[i].how == COUNTS ? 0 : FAULT);
    }
}

#define ADDRESS(name, value)                                                                                 \
    static void name(void)                                                                                   \
    {                                                                                                        \
        all_fault_at(value);                                                                                 \
    }
ADDRESS(null, 0)
ADDRESS(null_misaligned, 3)
ADDRESS(unmapped, 0x123456789000)
ADDRESS(not_canonical, 0x800000000000)
ADDRESS(far_from_canonical, 0x123456789abcdef0)
ADDRESS(last_byte, 0xffffffffffffffff)
ADDRESS(wrapping, 0xfffffffffffffff8)
ADDRESS(canonical_border, 0x7ffffffffffc)
ADDRESS(direct_map, 0xffff800000100000)
ADDRESS(frame_table, 0xffffa00000000000)
ADDRESS(device_registers, 0xffffb00000000000)
ADDRESS(hypervisor_image, 0xffffffff80000000)
ADDRESS(apic, 0xfee00000)
ADDRESS(firmware, 0xfffffff0)
ADDRESS(behind_memory, guest_memory() + (64UL << 20))
ADDRESS(across_end, guest_memory() - 2)

static uint8_t pages[3 * PAGE_SIZE] __attribute__((aligned(4096)));

/* The second page is missing or read-only: the first bytes of an argument are there, the last are not. */
static void with_second_page(uint64_t bits_off, void (*check)(void))
{
    volatile uint64_t *entry = page_entry(pages + PAGE_SIZE);
    uint64_t old = *entry;

    memset(pages, 0, sizeof(pages));
    *entry = old & ~bits_off;
    write_cr3(read_cr3());
    check();
    *entry = old;
    write_cr3(read_cr3());
}

static void check_half(void)
{
    for (unsigned int there = 1; there < sizeof(struct sched_shutdown); there++) /* the smallest */
        all_fault_at((uintptr_t)pages + PAGE_SIZE - there);
}

static void half_mapped(void)
{
    with_second_page(1, check_half);
}

static void check_writes_only(void)
{
    for (unsigned int i = 0; i < NR_CALLS; i++)
        if (calls[i].how == WRITES) {
            expect_equal(calls[i].name, call_with(&calls[i], (uintptr_t)pages + PAGE_SIZE + 8), FAULT);
            expect_equal(calls[i].name, call_with(&calls[i], (uintptr_t)pages + PAGE_SIZE - 4), FAULT);
        }
}

static void read_only(void)
{
    with_second_page(2, check_writes_only);
    expect_equal("byte of the read-only page", pages[PAGE_SIZE + 8], 0);
}

/* Good enough to be read from. */
static void read_of_read_only(void)
{
    volatile uint64_t *entry = page_entry(pages + PAGE_SIZE);
    uint64_t old = *entry;
    struct sched_poll poll = {.nr_ports = 1000000};

    memcpy(pages + PAGE_SIZE, &poll, sizeof(poll));
    *entry = old & ~2UL;
    write_cr3(read_cr3());
    expect_equal(
        "SCHEDOP_poll",
        (uint64_t)xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)pages + PAGE_SIZE, 0, 0, 0),
        (uint64_t)-22 /* EINVAL: too many ports */);
    *entry = old;
    write_cr3(read_cr3());
}

/* Every alignment, across pages whose frames are not neighbours for all we know. */
static void unaligned(void)
{
    char expected[TEXT_SIZE];

    xen_hypercall(__HYPERVISOR_xen_version, XENVER_extraversion, (uintptr_t)expected, 0, 0, 0);
    for (unsigned int before = 0; before <= TEXT_SIZE; before++) {
        uint8_t *to = pages + PAGE_SIZE - before;

        memset(pages, 0x5a, sizeof(pages));
        expect_equal("result", call_with(&calls[0], (uintptr_t)to), 0);
        expect_equal("text is whole", memcmp(to, expected, TEXT_SIZE) == 0, 1);
        expect_equal("byte before", to[-1], 0x5a);
        expect_equal("byte behind", to[TEXT_SIZE], 0x5a);
    }
}

/* A good structure with an array at a wild address: nothing is done of it. */
static void wild_array(void)
{
    static const uint64_t wild[] = {
        0, 1, 0x123456789000, 0x800000000000, 0xffff800000100000, 0xfee00000, 0xfffffff8, 0xfffffffffffffff8};

    for (unsigned int i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

        r.extent_start.p = (void *)wild[i];
        expect_equal("pages given back",
                     (uint64_t)xen_hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
                                             (uintptr_t)&r, 0, 0, 0),
                     0);
    }
}

/* More than an address space holds. */
static void endless_text(void)
{
    uint64_t rc = (uint64_t)xen_hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 0xffffffff,
                                          0xffffffffffffff00, 0, 0);

    expect_equal("CONSOLEIO_write of 4 GiB", rc, FAULT);
    rc = (uint64_t)xen_hypercall(__HYPERVISOR_multicall, 0x123456789000, ~0UL, 0, 0, 0);
    expect_equal("a multicall of more than 2^60", (int64_t)rc < 0, 1);
}

/* All numbers, all arguments wild. Some succeed by right: a multicall of no calls, say. */
static void all_numbers(void)
{
    static const uint64_t wild[] = {~0UL, 0x123456789000, 0xffffffff80000000, 1UL << 63};

    for (unsigned int nr = 0; nr < 128; nr++)
        for (unsigned int i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
            xen_hypercall(nr, wild[i], wild[i], wild[i], wild[i], wild[i]);
    for (unsigned int nr = 0; nr < 2048; nr += 7)
        if (nr >= 64)
            expect_equal("a number that does not exist", xen_hypercall(nr, 0, 0, 0, 0, 0), -ENOSYS);
}

const struct corner arguments[] = {
    {"NULL", .run = null},
    {"NULL, not aligned", .run = null_misaligned},
    {"not mapped", .run = unmapped},
    {"not canonical", .run = not_canonical},
    {"far from canonical", .run = far_from_canonical},
    {"the last byte of all", .run = last_byte},
    {"wrapping around the end", .run = wrapping},
    {"across the canonical border", .run = canonical_border},
    {"the hypervisor's direct map", .run = direct_map},
    {"the hypervisor's frame table", .run = frame_table},
    {"the hypervisor's devices", .run = device_registers},
    {"the hypervisor's image", .run = hypervisor_image},
    {"the local APIC's page", .run = apic},
    {"the firmware's last bytes", .run = firmware},
    {"behind the guest's memory", .run = behind_memory},
    {"across the end of the guest's memory", .run = across_end},
    {"half mapped", .run = half_mapped},
    {"read-only", .run = read_only},
    {"read-only, but only read from", .run = read_of_read_only},
    {"every alignment", .run = unaligned},
    {"a wild array in a good structure", .run = wild_array},
    {"sizes beyond all memory", .run = endless_text},
    {"every number with wild arguments", .run = all_numbers},
    {0},
};
