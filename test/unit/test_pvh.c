/* SPDX-License-Identifier: MIT */
/* lib/pvh*.c: what is taken for a PVH image, and the layout of the start information. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/pvh.h"
#include "make_elf.h"

#define MEMORY (64UL << 20)

static const char text[0x100];

static const char *parse(const struct made_elf *m, struct pvh_image *p, uint64_t memory)
{
    struct made_image i = made_image(m);
    const char *error = pvh_parse(p, i.data, i.size, memory);

    free(i.data);
    return error ? error : "";
}

/* An image with these two segments and its entry point. */
static const char *parse_segments(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size, uint64_t entry)
{
    struct made_elf m = made_new(false);
    struct made_note note = made_pvh_note(entry);
    struct pvh_image p;

    made_add(&m, PT_LOAD, a, 0, a_size, NULL);
    made_add(&m, PT_LOAD, b, 0, b_size, NULL);
    made_add(&m, PT_NOTE, 0, sizeof(note), sizeof(note), &note);
    return parse(&m, &p, MEMORY);
}

static void test_takes_good_images(void **state)
{
    (void)state;
    for (int form = 0; form < 8; form++) {
        struct made_elf m = made_new(form & 1);
        struct made_note note = made_pvh_note(0x100040);
        struct pvh_image p;

        note.header.n_descsz = form & 2 ? 4 : 8;
        m.note_in_section = form & 4;
        made_add(&m, PT_LOAD, 0x200000, 0, 0x1234, NULL); /* not ascending, no contents */
        made_add(&m, PT_LOAD, 0x100000, sizeof(text), 0x1000, text);
        made_add(&m, PT_LOAD, 0x500000, 0, 0, NULL); /* empty: ignored */
        made_add(&m, PT_NOTE, 0, sizeof(note) - (form & 2 ? 4 : 0), 0, &note);
        assert_string_equal(parse(&m, &p, MEMORY), "");
        assert_int_equal(p.entry, 0x100040);
        assert_int_equal(p.nr_segments, 2);
        assert_int_equal(p.segment[0].paddr, 0x100000);
        assert_int_equal(p.segment[0].filesz, sizeof(text));
        assert_int_equal(p.segment[1].memsz, 0x1234);
        assert_int_equal(p.start, 0x100000);
        assert_int_equal(p.end, 0x201234);
    }
}

static void test_segments(void **state)
{
    (void)state;
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x2000, 0x1000, 0x1000), "");
    assert_string_equal(parse_segments(0x2000, 0x1000, 0x1000, 0x1000, 0x2fff), "");
    assert_string_equal(parse_segments(0x1000, 0x1001, 0x2000, 0x1000, 0x1000), "two segments overlap");
    assert_string_equal(parse_segments(0x2000, 0x1000, 0x1000, 0x1001, 0x1000), "two segments overlap");
    assert_string_equal(parse_segments(0x1000, 0x3000, 0x2000, 0x10, 0x1000), "two segments overlap");
    assert_string_equal(parse_segments(0x1000, 0x1000, UINT64_MAX - 5, 10, 0x1000),
                        "a segment wraps around the end of the address space");
    assert_string_equal(parse_segments(0x1000, 0, 0x2000, 0, 0x1000), "no segments to load");
}

static void test_entry(void **state)
{
    static const char outside[] = "the PVH entry point lies outside the segments";

    (void)state;
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x4000, 0x1000, 0xfff), outside);
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x4000, 0x1000, 0x2000), outside);
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x4000, 0x1000, 0x5000), outside);
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x4000, 0x1000, 0x100001000),
                        "the PVH entry point lies above 4 GiB");
}

static void test_size(void **state)
{
    (void)state;
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x2000, MEMORY - 0x2000, 0x1000), "");
    assert_string_equal(parse_segments(0x1000, 0x1000, 0x2000, MEMORY - 0x1fff, 0x1000),
                        "the image is too large for the domain's memory");
    assert_string_equal(parse_segments(0x1000, 0x1000, PVH_HOLE_START - 1, 2, 0x1000),
                        "a segment lies above the RAM below 4 GiB");
}

static void test_no_note(void **state)
{
    struct made_elf m = made_new(false);
    struct made_note note = made_pvh_note(0x1000);
    struct pvh_image p;

    (void)state;
    made_add(&m, PT_LOAD, 0x1000, 0, 0x1000, NULL);
    assert_string_equal(parse(&m, &p, MEMORY),
                        "no PVH entry point: the image has no Xen note of type 18 (PHYS32_ENTRY)");
    note.header.n_descsz = 7;
    made_add(&m, PT_NOTE, 0, sizeof(note), 0, &note);
    assert_string_equal(parse(&m, &p, MEMORY), "the PVH entry note has neither 4 nor 8 bytes");
}

static void test_too_many_segments(void **state)
{
    struct made_elf m = made_new(false);
    struct pvh_image p;

    (void)state;
    for (unsigned int i = 0; i <= PVH_MAX_SEGMENTS; i++)
        made_add(&m, PT_LOAD, i * 0x1000, 0, 0x1000, NULL);
    assert_string_equal(parse(&m, &p, MEMORY), "more than 16 segments to load");
}

static void test_not_elf(void **state)
{
    struct pvh_image p;

    (void)state;
    assert_string_equal(pvh_parse(&p, text, sizeof(text), MEMORY), "not an ELF image");
    assert_string_equal(pvh_parse(&p, text, 3, MEMORY), "too short for an ELF header");
}

static void test_memory_map(void **state)
{
    struct hvm_memmap_table_entry map[PVH_MAX_MEMMAP];

    (void)state;
    assert_int_equal(pvh_memory_map(MEMORY, 0, map), 2);
    assert_int_equal(map[0].size, MEMORY);
    assert_int_equal(map[0].type, XEN_HVM_MEMMAP_TYPE_RAM);
    assert_int_equal(map[1].addr, 0xfeff8000);
    assert_int_equal(map[1].size, 0x8000);
    assert_int_equal(map[1].type, XEN_HVM_MEMMAP_TYPE_RESERVED);
    assert_int_equal(pvh_memory_map(PVH_HOLE_START + 4096, 8192, map), 4);
    assert_int_equal(map[0].size, PVH_HOLE_START);
    assert_int_equal(map[1].addr, 0xfc000000);
    assert_int_equal(map[1].size, 8192);
    assert_int_equal(map[1].type, XEN_HVM_MEMMAP_TYPE_ACPI);
    assert_int_equal(map[3].addr, PVH_HOLE_END);
    assert_int_equal(map[3].size, 4096);
}

/* The blob read back as a guest does. */
static void test_start_info(void **state)
{
    static const struct pvh_module modules[] = {{"one.scn", 5}, {NULL, 8192}, {"three", 0}};
    const uint64_t gpa = 0x345678;
    struct hvm_memmap_table_entry map[PVH_MAX_MEMMAP];
    struct pvh_start s = {
        .flags = 3, .cmdline = "run x", .rsdp = 0xfc000000, .nr_modules = 3, .modules = modules};
    struct pvh_start_layout l;
    const struct hvm_modlist_entry *list;
    struct hvm_start_info *info;
    char *blob;

    (void)state;
    s.memmap = map;
    s.nr_memmap = pvh_memory_map(MEMORY, 0, map);
    assert_null(pvh_start_layout(&s, gpa, &l));
    assert_int_equal(l.blob_size, 56 + 3 * 32 + 2 * 24 + 6 + 8 + 6);
    assert_int_equal(l.module[0], 0x346000);
    assert_int_equal(l.module[1], 0x347000);
    assert_int_equal(l.module[2], 0x349000);
    assert_int_equal(l.end, 0x349000);

    blob = malloc(l.blob_size);
    pvh_start_info_build(&s, &l, blob);
    info = (struct hvm_start_info *)(void *)blob;
    assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
    assert_int_equal(info->version, 1);
    assert_int_equal(info->flags, 3);
    assert_int_equal(info->nr_modules, 3);
    assert_int_equal(info->rsdp_paddr, 0xfc000000);
    assert_string_equal(blob + (info->cmdline_paddr - gpa), "run x");
    assert_int_equal(info->memmap_entries, 2);
    assert_memory_equal(blob + (info->memmap_paddr - gpa), map, 2 * sizeof(map[0]));
    list = (const struct hvm_modlist_entry *)(const void *)(blob + (info->modlist_paddr - gpa));
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(list[i].paddr, l.module[i]);
        assert_int_equal(list[i].size, modules[i].size);
    }
    assert_string_equal(blob + (list[0].cmdline_paddr - gpa), "one.scn");
    assert_int_equal(list[1].cmdline_paddr, 0);
    assert_string_equal(blob + (list[2].cmdline_paddr - gpa), "three");
    free(blob);
}

static void test_start_info_limits(void **state)
{
    struct pvh_module modules[PVH_MAX_MODULES + 1] = {{NULL, 0}};
    struct pvh_start s = {.nr_modules = PVH_MAX_MODULES + 1, .modules = modules};
    struct pvh_start_layout l;

    (void)state;
    assert_string_equal(pvh_start_layout(&s, 0x1000, &l), "more than 16 modules");
    s.nr_modules = 2;
    assert_string_equal(pvh_start_layout(&s, 0x1004, &l), "the start information is not aligned to 8 bytes");
    modules[1].size = PVH_HOLE_START;
    assert_string_equal(pvh_start_layout(&s, 0x1000, &l), "image and modules do not fit below 4 GiB");
    modules[1].size = UINT64_MAX;
    assert_string_equal(pvh_start_layout(&s, 0x1000, &l), "a module is larger than the address space");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_good_images),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_entry),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_no_note),
        cmocka_unit_test(test_too_many_segments),
        cmocka_unit_test(test_not_elf),
        cmocka_unit_test(test_memory_map),
        cmocka_unit_test(test_start_info),
        cmocka_unit_test(test_start_info_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
