/* SPDX-License-Identifier: MIT */
/* lib/elf*.c: both classes are read, everything that lies outside the image is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../lib/elf.h"
#include "make_elf.h"

static const char text[] = "0123456789abcdef";

static struct made_elf simple(bool is32)
{
    struct made_elf m = made_new(is32);

    made_add(&m, PT_LOAD, 0x100000, sizeof(text), 0x2000, text);
    made_add(&m, PT_LOAD, 0x200000, 0, 0x1000, NULL);
    return m;
}

static void test_reads_both_classes(void **state)
{
    (void)state;
    for (int is32 = 0; is32 < 2; is32++) {
        struct made_elf m = simple(is32);
        struct made_image i = made_image(&m);
        struct elf_image e;
        struct elf_segment s;

        assert_null(elf_open(&e, i.data, i.size, ELF_MACHINE_ANY));
        assert_int_equal(e.is64, !is32);
        assert_int_equal(e.segments.nr, 2);
        assert_int_equal(e.entry, 0x100010);
        assert_null(elf_segment(&e, 0, &s));
        assert_int_equal(s.paddr, 0x100000);
        assert_int_equal(s.filesz, sizeof(text));
        assert_int_equal(s.memsz, 0x2000);
        assert_memory_equal(s.data, text, sizeof(text));
        assert_null(elf_segment(&e, 1, &s));
        assert_int_equal(s.filesz, 0);
        assert_string_equal(elf_segment(&e, 2, &s), "no such program header");
        free(i.data);
    }
}

/* Whatever is cut off, nothing is read behind the end, and what lies behind it is refused. */
static void test_truncated_anywhere(void **state)
{
    (void)state;
    for (int is32 = 0; is32 < 2; is32++) {
        struct made_elf m = simple(is32);
        struct made_image i = made_image(&m);

        for (size_t size = 0; size < i.size; size++) {
            uint8_t *cut = malloc(size ? size : 1);
            struct elf_image e;
            struct elf_segment s;

            memcpy(cut, i.data, size);
            assert_true(elf_open(&e, cut, size, ELF_MACHINE_ANY) || elf_segment(&e, 0, &s));
            free(cut);
        }
        free(i.data);
    }
}

static const char *open_changed(size_t offset, uint8_t value)
{
    struct made_elf m = simple(false);
    struct made_image i = made_image(&m);
    struct elf_image e;
    const char *error;

    i.data[offset] = value;
    error = elf_open(&e, i.data, i.size, ELF_MACHINE_ANY);
    free(i.data);
    return error ? error : "";
}

static void test_wrong_headers(void **state)
{
    (void)state;
    assert_string_equal(open_changed(1, 'e'), "not an ELF image");
    assert_string_equal(open_changed(EI_CLASS, 3), "neither a 32-bit nor a 64-bit ELF image");
    assert_string_equal(open_changed(EI_DATA, ELFDATA2MSB), "not a little-endian ELF image");
    assert_string_equal(open_changed(offsetof(Elf64_Ehdr, e_type), ET_REL), "not an executable ELF image");
    assert_string_equal(open_changed(offsetof(Elf64_Ehdr, e_machine), EM_ARM), "made for another machine");
    assert_string_equal(open_changed(offsetof(Elf64_Ehdr, e_phoff) + 7, 0xff),
                        "program headers lie outside the ELF image");
    assert_string_equal(open_changed(offsetof(Elf64_Ehdr, e_phentsize), 55),
                        "program headers lie outside the ELF image");
    assert_string_equal(open_changed(offsetof(Elf64_Ehdr, e_shnum), 9),
                        "section headers lie outside the ELF image");
}

static void test_machine_is_checked(void **state)
{
    struct made_elf m = simple(true);
    struct made_image i = made_image(&m);
    struct elf_image e;

    (void)state;
    assert_null(elf_open(&e, i.data, i.size, ELF_MACHINE_386));
    assert_string_equal(elf_open(&e, i.data, i.size, ELF_MACHINE_X86_64), "made for another machine");
    free(i.data);
}

static void test_wrong_segments(void **state)
{
    struct made_elf m = made_new(false);
    struct made_image i;
    struct elf_image e;
    struct elf_segment s;
    Elf64_Phdr *p;

    (void)state;
    made_add(&m, PT_LOAD, 0, sizeof(text), sizeof(text) - 1, text);
    i = made_image(&m);
    assert_null(elf_open(&e, i.data, i.size, ELF_MACHINE_ANY));
    assert_string_equal(elf_segment(&e, 0, &s), "a segment is larger in the ELF image than in memory");
    p = (Elf64_Phdr *)(void *)(i.data + sizeof(Elf64_Ehdr));
    p->p_memsz = UINT64_MAX;
    p->p_filesz = UINT64_MAX;
    assert_string_equal(elf_segment(&e, 0, &s), "a segment's contents lie outside the ELF image");
    p->p_filesz = 1;
    p->p_offset = UINT64_MAX;
    assert_string_equal(elf_segment(&e, 0, &s), "a segment's contents lie outside the ELF image");
    p->p_offset = i.size;
    p->p_filesz = 0;
    assert_null(elf_segment(&e, 0, &s));
    free(i.data);
}

static void test_finds_notes(void **state)
{
    struct {
        struct made_note other;
        struct made_note xen;
    } notes = {{{4, 8, 7}, "Xen", 1}, made_pvh_note(0x1234)};

    (void)state;
    for (int in_section = 0; in_section < 2; in_section++) {
        struct made_elf m = simple(false);
        struct made_image i;
        struct elf_image e;
        struct elf_note note;

        made_add(&m, PT_NOTE, 0, sizeof(notes), sizeof(notes), &notes);
        m.note_in_section = in_section;
        i = made_image(&m);
        assert_null(elf_open(&e, i.data, i.size, ELF_MACHINE_ANY));
        assert_true(elf_find_note(&e, "Xen", 18, &note));
        assert_int_equal(note.desc_size, 8);
        assert_memory_equal(note.desc, &notes.xen.entry, 8);
        assert_false(elf_find_note(&e, "Xen", 17, &note));
        assert_false(elf_find_note(&e, "Xe", 18, &note));
        assert_false(elf_find_note(&e, "Xen1", 18, &note));
        free(i.data);
    }
}

/* A segment with other people's notes does not hide the section with ours. */
static void test_finds_note_in_section_beside_a_segment(void **state)
{
    struct made_note other = {{4, 8, 7}, "GNU", 1}, xen = made_pvh_note(0x1234);
    struct made_elf m = made_new(false);
    struct made_image i;
    struct elf_image e;
    struct elf_note note;

    (void)state;
    made_add(&m, PT_NOTE, 0, sizeof(other), sizeof(other), &other);
    made_add(&m, PT_NOTE, 0, sizeof(xen), sizeof(xen), &xen);
    m.note_in_section = true;
    i = made_image(&m);
    ((Elf64_Phdr *)(void *)(i.data + sizeof(Elf64_Ehdr)))->p_type = PT_NOTE;
    assert_null(elf_open(&e, i.data, i.size, ELF_MACHINE_ANY));
    assert_true(elf_find_note(&e, "GNU", 7, &note));
    assert_true(elf_find_note(&e, "Xen", 18, &note));
    assert_memory_equal(note.desc, &xen.entry, 8);
    free(i.data);
}

static void test_broken_notes_end_the_list(void **state)
{
    static const Elf32_Nhdr broken[] = {{UINT32_MAX, 0, 18},
                                        {0, UINT32_MAX, 18},
                                        {UINT32_MAX - 2, UINT32_MAX - 2, 18},
                                        {4, 9, 18},
                                        {13, 0, 18}};

    (void)state;
    for (unsigned int i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct made_note *n = malloc(sizeof(*n));
        struct elf_note note;
        uint64_t pos = 0;

        *n = made_pvh_note(0);
        n->header = broken[i];
        assert_false(elf_next_note((uint8_t *)n, sizeof(*n), &pos, &note));
        free(n);
    }
}

/* The hypervisor reads its own symbols this way: here this test program's. */
static void test_finds_symbols(void **state)
{
    FILE *f = fopen("/proc/self/exe", "rb");
    struct elf_image e;
    struct elf_section s;
    uint64_t offset, address = 0;
    uint8_t *data;
    long size;

    (void)state;
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    data = malloc((size_t)size);
    assert_int_equal(fread(data, 1, (size_t)size, f), size);
    fclose(f);

    assert_null(elf_open(&e, data, (uint64_t)size, ELF_MACHINE_X86_64));
    for (unsigned int i = 0; i < e.sections.nr; i++) {
        assert_null(elf_section(&e, i, &s));
        if (!strcmp(s.name, ".text"))
            address = s.addr;
    }
    assert_int_not_equal(address, 0);
    assert_string_equal(elf_symbol_at(&e, e.entry + 1, &offset), "_start");
    assert_int_equal(offset, 1);
    assert_null(elf_symbol_at(&e, 0, &offset));
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_both_classes),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_wrong_headers),
        cmocka_unit_test(test_machine_is_checked),
        cmocka_unit_test(test_wrong_segments),
        cmocka_unit_test(test_finds_notes),
        cmocka_unit_test(test_finds_note_in_section_beside_a_segment),
        cmocka_unit_test(test_broken_notes_end_the_list),
        cmocka_unit_test(test_finds_symbols),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
