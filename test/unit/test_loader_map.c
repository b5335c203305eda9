/* SPDX-License-Identifier: MIT */
/* The UEFI loader's memory map: broken, with many ranges, and changing while the firmware is left. */
#include "loader_test.h"

static EFI_MEMORY_DESCRIPTOR map[600];
static UINTN nr_map, map_step, wrong_keys;
static EFI_STATUS map_status;

static EFI_STATUS EFIAPI get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *to, UINTN *key, UINTN *step,
                                        UINT32 *version)
{
    UINTN n = nr_map * sizeof(*map);

    *step = map_step;
    *key = *version = 1;
    if (map_status || n > *size) {
        *size = n;
        return map_status ? map_status : EFI_BUFFER_TOO_SMALL;
    }
    memcpy(to, map, n);
    *size = n;
    return EFI_SUCCESS;
}

static void describe(UINT32 type, uint64_t start, uint64_t pages)
{
    map[nr_map++] = (EFI_MEMORY_DESCRIPTOR){.Type = type, .PhysicalStart = start, .NumberOfPages = pages};
}

/* "" when it was read. */
static const char *read_map(void)
{
    message[0] = 0;
    if (!setjmp(failed))
        read_memory_map(&bi);
    free(pool);
    pool = NULL;
    return message;
}

static void assert_range(unsigned int i, uint64_t start, uint64_t end, uint32_t type)
{
    assert_true(i < bi.nr_ranges);
    assert_int_equal(bi.ranges[i].start, start);
    assert_int_equal(bi.ranges[i].end, end);
    assert_int_equal(bi.ranges[i].type, type);
}

static void map_is_sorted(void **state)
{
    (void)state;
    describe(EfiConventionalMemory, 0x200000, 0x80);
    describe(EfiBootServicesCode, 0x280000, 0x80); /* of the same use: merged */
    describe(EfiACPIMemoryNVS, 0x400000, 1);
    describe(EfiLoaderData, 0x300000, 0x100);
    describe(EfiBootServicesData, 0, 0x100);
    describe(EfiMemoryMappedIO, 0xfed00000, 0);
    describe(EfiRuntimeServicesData, 0xfff0000000000000, 0xfffff);
    assert_string_equal(read_map(), "");
    assert_range(0, 0, 0x100000, BOOT_RANGE_FREE);
    assert_range(1, 0x200000, 0x300000, BOOT_RANGE_FREE);
    assert_range(2, 0x300000, 0x400000, BOOT_RANGE_LOADED);
    assert_range(3, 0x400000, 0x401000, BOOT_RANGE_ACPI);
    assert_range(4, 0xfff0000000000000, 0xfff00000fffff000, BOOT_RANGE_RESERVED);
    assert_int_equal(bi.nr_ranges, 5);
}

static void map_with_many_ranges(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < BOOT_MAX_RANGES; i++)
        describe(EfiConventionalMemory, i * 0x2000, 1);
    assert_string_equal(read_map(), "");
    assert_int_equal(bi.nr_ranges, BOOT_MAX_RANGES);
    describe(EfiConventionalMemory, (BOOT_MAX_RANGES * 2 - 1) * 0x1000UL, 2); /* adjoins the last */
    assert_string_equal(read_map(), "");
    describe(EfiConventionalMemory, BOOT_MAX_RANGES * 0x4000UL, 1);
    assert_string_equal(read_map(), "the firmware's memory map has more than 256 ranges");
}

static void broken_maps(void **state)
{
    (void)state;
    describe(EfiConventionalMemory, 0x100000, 0x100);
    describe(EfiReservedMemoryType, 0x1ff000, 1);
    assert_string_equal(read_map(), "the firmware's memory map overlaps at 0x1ff000");
    map[1].PhysicalStart = 0xff000;
    map[1].NumberOfPages = 2;
    assert_string_equal(read_map(), "the firmware's memory map overlaps at 0xff000");
    map[1] = (EFI_MEMORY_DESCRIPTOR){.PhysicalStart = 0x200000, .NumberOfPages = 0xfffffffffff00};
    assert_string_equal(
        read_map(), "the firmware's memory map has a broken range: 4503599627370240 pages from 0x200000 on");
    map[1] = (EFI_MEMORY_DESCRIPTOR){.PhysicalStart = 0x200800, .NumberOfPages = 1};
    assert_string_equal(read_map(), "the firmware's memory map has a broken range: 1 pages from 0x200800 on");
    map_step = 8;
    assert_string_equal(read_map(), "the firmware's memory map has entries of 8 bytes");
    map_step = 0;
    assert_string_equal(read_map(), "the firmware's memory map has entries of 0 bytes");
    map_step = sizeof(*map);
    map_status = EFI_DEVICE_ERROR;
    assert_string_equal(read_map(), "no memory map: Device Error, it has 80 bytes");
}

static EFI_STATUS EFIAPI exit_boot_services(EFI_HANDLE image, UINTN key)
{
    (void)image;
    (void)key;
    return wrong_keys && wrong_keys-- ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

static void firmware_that_does_not_let_go(void **state)
{
    int image = 0;

    (void)state;
    describe(EfiConventionalMemory, 0x100000, 0x100);
    wrong_keys = 100;
    message[0] = 0;
    if (!setjmp(failed))
        leave_boot_services(&image, &bi);
    assert_string_equal(message, "the firmware does not let go: its memory map keeps changing");
    assert_int_equal(wrong_keys, 100 - 8);
    free(pool);
}

static int reset(void **state)
{
    static EFI_BOOT_SERVICES services = {
        .GetMemoryMap = get_memory_map,
        .ExitBootServices = exit_boot_services,
        .AllocatePool = allocate_pool,
        .FreePool = free_pool,
    };

    (void)state;
    BS = &services;
    memset(&bi, 0, sizeof(bi));
    nr_map = wrong_keys = 0;
    map_step = sizeof(*map);
    map_status = EFI_SUCCESS;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(map_is_sorted),
        TEST(map_with_many_ranges),
        TEST(broken_maps),
        TEST(firmware_that_does_not_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
