/* SPDX-License-Identifier: MIT */
/* The firmware's memory map as sorted, merged ranges, and the end of boot services. */
#include "loader.h"

#define MAP_SIZE  (64 * EFI_PAGE)
#define MAX_TRIES 8

struct memory_map {
    UINTN size, key, step;
    UINT32 version;
    char *data; /* of MAP_SIZE bytes */
};

/* What may be done with memory of a firmware type. The loader's own code is not needed any more, its data is.
 */
static uint32_t range_type(uint32_t type)
{
    switch (type) {
    case EfiLoaderCode:
    case EfiBootServicesCode:
    case EfiBootServicesData:
    case EfiConventionalMemory:
        return BOOT_RANGE_FREE;
    case EfiLoaderData:
        return BOOT_RANGE_LOADED;
    case EfiACPIReclaimMemory:
    case EfiACPIMemoryNVS:
        return BOOT_RANGE_ACPI;
    default:
        return BOOT_RANGE_RESERVED;
    }
}

/* Firmware lists the map in ascending order as a rule, but need not. */
static void insert_sorted(struct boot_info *bi, struct boot_range r)
{
    uint32_t i = bi->nr_ranges;

    if (i == BOOT_MAX_RANGES)
        fail("the firmware's memory map has more than %d ranges", BOOT_MAX_RANGES);
    for (; i > 0 && bi->ranges[i - 1].start > r.start; i--)
        bi->ranges[i] = bi->ranges[i - 1];
    if ((i > 0 && bi->ranges[i - 1].end > r.start) || (i < bi->nr_ranges && r.end > bi->ranges[i + 1].start))
        fail("the firmware's memory map overlaps at 0x%lx", r.start);
    bi->ranges[i] = r;
    bi->nr_ranges++;
}

static void add_range(struct boot_info *bi, struct boot_range r)
{
    struct boot_range *last = bi->nr_ranges ? &bi->ranges[bi->nr_ranges - 1] : NULL;

    if (r.start == r.end)
        return;
    if (last && last->end == r.start && last->type == r.type)
        last->end = r.end;
    else
        insert_sorted(bi, r);
}

static void convert(const struct memory_map *m, struct boot_info *bi)
{
    bi->nr_ranges = 0;
    for (UINTN at = 0; at + m->step <= m->size; at += m->step) {
        const EFI_MEMORY_DESCRIPTOR *d = (const void *)(m->data + at);
        uint64_t most = (UINT64_MAX - d->PhysicalStart) / EFI_PAGE; /* pages up to the last address */

        if (d->PhysicalStart % EFI_PAGE || d->NumberOfPages > most)
            fail("the firmware's memory map has a broken range: %lu pages from 0x%lx on", d->NumberOfPages,
                 d->PhysicalStart);
        add_range(bi, (struct boot_range){.start = d->PhysicalStart,
                                          .end = d->PhysicalStart + d->NumberOfPages * EFI_PAGE,
                                          .type = range_type(d->Type)});
    }
}

static void get_map(struct memory_map *m)
{
    EFI_STATUS status;

    m->size = MAP_SIZE;
    status = BS->GetMemoryMap(&m->size, (void *)m->data, &m->key, &m->step, &m->version);
    if (EFI_ERROR(status))
        fail("no memory map: %s, it has %lu bytes", status_name(status), (uint64_t)m->size);
    if (m->step < sizeof(EFI_MEMORY_DESCRIPTOR))
        fail("the firmware's memory map has entries of %lu bytes", (uint64_t)m->step);
}

static struct memory_map new_map(void)
{
    struct memory_map m = {};

    if (EFI_ERROR(BS->AllocatePool(EfiBootServicesData, MAP_SIZE, (void **)&m.data)))
        fail("no memory for the memory map");
    return m;
}

void read_memory_map(struct boot_info *bi)
{
    struct memory_map m = new_map();

    get_map(&m);
    convert(&m, bi);
    BS->FreePool(m.data);
}

/* A timer of the firmware may change the map between the two calls, so that its key is no longer right. After
 * a first failure only these two calls are allowed. UEFI 2.10 section 7.4.6. */
void leave_boot_services(EFI_HANDLE image, struct boot_info *bi)
{
    struct memory_map m = new_map();
    unsigned int tries = 0;

    do {
        if (tries++ == MAX_TRIES)
            fail("the firmware does not let go: its memory map keeps changing");
        get_map(&m);
    } while (EFI_ERROR(BS->ExitBootServices(image, m.key)));
    __asm__ volatile("cli");
    console_detach();
    convert(&m, bi);
}
