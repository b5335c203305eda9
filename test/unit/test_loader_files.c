/* SPDX-License-Identifier: MIT */
/* The UEFI loader's files: each is loaded once; missing, absurd, too many; and what its errors say. */
#include "loader_test.h"

#define PAGES_BELOW_4G 1000 /* that the fake firmware has */
#define LONGEST_NAME   255  /* of a file on FAT */

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, UINTN nr,
                                        EFI_PHYSICAL_ADDRESS *at)
{
    assert_int_equal(type, AllocateMaxAddress);
    assert_int_equal(memory, EfiLoaderData);
    assert_int_equal(*at, 0xffffffffUL);
    if (nr > PAGES_BELOW_4G)
        return EFI_OUT_OF_RESOURCES;
    *at = (EFI_PHYSICAL_ADDRESS)aligned_alloc(EFI_PAGE, nr * EFI_PAGE);
    return EFI_SUCCESS;
}

struct fake_file {
    EFI_FILE protocol; /* first: the loader holds a pointer to it */
    const char *name, *contents;
    uint64_t size;
    int is_directory, is_short;
};
static struct fake_file files[24];
static unsigned int nr_files;
static EFI_FILE root;

static struct fake_file *add_file(const char *name, const char *contents)
{
    struct fake_file *f = &files[nr_files++];

    *f = (struct fake_file){.name = name, .contents = contents, .size = strlen(contents)};
    return f;
}

static EFI_STATUS EFIAPI close_file(EFI_FILE *file)
{
    (void)file;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_file(EFI_FILE *file, UINTN *size, void *to)
{
    const struct fake_file *f = (const struct fake_file *)file;

    assert_true(*size <= f->size);
    *size -= f->is_short ? 1 : 0;
    memcpy(to, f->contents, *size);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_info(EFI_FILE *file, EFI_GUID *type, UINTN *size, void *to)
{
    const struct fake_file *f = (const struct fake_file *)file;
    const EFI_GUID wanted = EFI_FILE_INFO_ID;
    EFI_FILE_INFO *info = to;

    assert_memory_equal(type, &wanted, sizeof(wanted));
    if (*size < sizeof(*info) + LONGEST_NAME * sizeof(CHAR16))
        return EFI_BUFFER_TOO_SMALL;
    info->FileSize = f->size;
    info->Attribute = f->is_directory ? EFI_FILE_DIRECTORY : 0;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI open_path(EFI_FILE *dir, EFI_FILE **file, CHAR16 *path, UINT64 mode,
                                   UINT64 attributes)
{
    (void)dir;
    (void)attributes;
    assert_int_equal(mode, EFI_FILE_MODE_READ);
    for (unsigned int i = 0; i < nr_files; i++) {
        unsigned int k = 0;

        while (files[i].name[k] && files[i].name[k] == (char)path[k])
            k++;
        if (files[i].name[k] || path[k])
            continue;
        files[i].protocol = (EFI_FILE){.Close = close_file, .Read = read_file, .GetInfo = get_info};
        *file = &files[i].protocol;
        return EFI_SUCCESS;
    }
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI open_volume(EFI_FILE_IO_INTERFACE *fs, EFI_FILE **file)
{
    (void)fs;
    root = (EFI_FILE){.Open = open_path, .Close = close_file};
    *file = &root;
    return EFI_SUCCESS;
}

static EFI_FILE_IO_INTERFACE volume = {.OpenVolume = open_volume};

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
    (void)handle;
    (void)guid;
    *interface = &volume;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI locate_handles(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key, UINTN *nr,
                                        EFI_HANDLE **to)
{
    static EFI_HANDLE handles[2] = {&volume, &volume};

    (void)guid;
    (void)key;
    *nr = type == ByProtocol ? 2 : 0;
    *to = handles;
    return EFI_SUCCESS;
}

static const char *load(const char *cmdline)
{
    message[0] = 0;
    memset(&bi, 0, sizeof(bi));
    strcpy(bi.cmdline, cmdline);
    if (!setjmp(failed))
        load_modules(&bi, &volume);
    return message;
}

static void release_modules(void)
{
    for (unsigned int i = 0; i <= bi.nr_modules && i < BOOT_MAX_MODULES; i++)
        free((void *)bi.modules[i].start);
}

static void loads_each_file_once(void **state)
{
    (void)state;
    add_file(
        "allod.cfg",
        "[domain a]\r\nimage = a.elf  modules = \"b a.elf\"\r\n# image = c\r\n[domain b]\nimage = a.elf");
    add_file("a.elf", "image");
    add_file("b", "");
    add_file("c", "command line");
    assert_string_equal(load("a.image=c loglvl=err"), "");
    assert_int_equal(bi.nr_modules, 4);
    assert_string_equal(bi.modules[0].name, "allod.cfg");
    assert_string_equal(bi.modules[1].name, "a.elf");
    assert_string_equal((const char *)bi.modules[1].start, "image");
    assert_int_equal(bi.modules[2].size, 0);
    assert_string_equal(bi.modules[3].name, "c");
    release_modules();
}

/* What is not there may be a mistake in the file: the hypervisor knows its line. */
static void missing_files_are_left_to_the_parser(void **state)
{
    (void)state;
    add_file("allod.cfg", "[domain a]\nimage = a.elf memory = 64M\nmodules = "
                          "a-name-of-sixty-four-characters-which-is-one-more-than-there-may-be\n");
    add_file("a.elf", "image");
    assert_string_equal(load(""), "");
    assert_int_equal(bi.nr_modules, 2);
    release_modules();
}

static void no_configuration(void **state)
{
    (void)state;
    add_file("a.elf", "image");
    assert_string_equal(load(""), "no allod.cfg: neither on the loader's own volume nor on 2 others");
}

static void absurd_files(void **state)
{
    struct fake_file *cfg = add_file("allod.cfg", "[domain a]\nimage = a.elf"),
                     *image = add_file("a.elf", "image");

    (void)state;
    image->is_directory = 1;
    assert_string_equal(load(""), "a.elf is not a file that can be loaded");
    release_modules();
    image->is_directory = 0;
    image->is_short = 1;
    assert_string_equal(load(""), "reading a.elf: Success, 4 of 5 bytes");
    release_modules();
    image->size = PAGES_BELOW_4G * EFI_PAGE;
    assert_string_equal(load(""), "a.elf has 4000 KiB, there is no such memory below 4 GiB");
    release_modules();
    image->size = (1UL << 31) + 1;
    assert_string_equal(load(""), "a.elf has 2147483649 bytes, at most 2147483648 are allowed");
    release_modules();
    image->size = UINT64_MAX;
    assert_string_equal(load(""), "a.elf has 18446744073709551615 bytes, at most 2147483648 are allowed");
    release_modules();
    cfg->size = 65537;
    assert_string_equal(load(""), "allod.cfg has 65537 bytes, at most 65536 are allowed");
}

static void too_many_files(void **state)
{
    static char text[400] = "[domain a]\nmodules = \"", names[16][4];

    (void)state;
    add_file("allod.cfg", text);
    for (unsigned int i = 0; i < 16; i++) {
        snprintf(names[i], sizeof(names[i]), "f%u", i);
        add_file(names[i], "x");
        strcat(strcat(text, names[i]), i == 15 ? "\"" : " ");
    }
    files[0].size = strlen(text) - strlen(" f15\"");
    assert_string_equal(load(""), "");
    assert_int_equal(bi.nr_modules, BOOT_MAX_MODULES);
    release_modules();
    files[0].size = strlen(text);
    assert_string_equal(load(""), "allod.cfg names more than 15 files");
    bi.nr_modules = BOOT_MAX_MODULES;
    release_modules();
}

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(status_name(EFI_SUCCESS), "Success");
    assert_string_equal(status_name(EFI_LOAD_ERROR), "Load Error");
    assert_string_equal(status_name(EFI_OUT_OF_RESOURCES), "Out of Resources");
    assert_string_equal(status_name(EFI_ACCESS_DENIED), "Access Denied");
    assert_string_equal(status_name(EFI_NO_RESPONSE), "unknown error");
    assert_string_equal(status_name(EFI_ERROR_MASK), "unknown error");
}

static int reset(void **state)
{
    static EFI_BOOT_SERVICES services = {
        .AllocatePages = allocate_pages,
        .AllocatePool = allocate_pool,
        .FreePool = free_pool,
        .HandleProtocol = handle_protocol,
        .LocateHandleBuffer = locate_handles,
    };

    (void)state;
    BS = &services;
    memset(&bi, 0, sizeof(bi));
    nr_files = 0;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(loads_each_file_once), TEST(missing_files_are_left_to_the_parser),
        TEST(no_configuration),     TEST(absurd_files),
        TEST(too_many_files),       TEST(statuses_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
