/* SPDX-License-Identifier: MIT */
/* Find the volume with allod.cfg and read it and the files that it names. */
#include "../cpu/layout.h"
#include "loader.h"

#define CONFIG_NAME     "allod.cfg"
#define MAX_CONFIG_SIZE 65536UL
#define MAX_MODULE_SIZE (1UL << 31)

static EFI_FILE_HANDLE volume;
static struct boot_info *info;

/* As alloc_kept; NULL when there is no such memory. */
static void *try_alloc(uint64_t nr, uint64_t align)
{
    EFI_PHYSICAL_ADDRESS at = EARLY_MAP_SIZE - 1;
    uint64_t slack = align / EFI_PAGE - 1, first;

    if (EFI_ERROR(BS->AllocatePages(AllocateMaxAddress, EfiLoaderData, nr + slack, &at)))
        return NULL;
    first = (at + align - 1) & ~(align - 1);
    if (first > at)
        BS->FreePages(at, (first - at) / EFI_PAGE);
    if (first < at + slack * EFI_PAGE)
        BS->FreePages(first + nr * EFI_PAGE, slack - (first - at) / EFI_PAGE);
    memset((void *)first, 0, nr * EFI_PAGE);
    return (void *)first;
}

void *alloc_kept(uint64_t nr, uint64_t align)
{
    void *p = try_alloc(nr, align);

    if (!p)
        fail("no %lu KiB of memory below 4 GiB", nr * 4);
    return p;
}

static EFI_FILE_HANDLE open_file(EFI_FILE_HANDLE root, const char *name)
{
    CHAR16 path[BOOT_NAME_SIZE];
    EFI_FILE_HANDLE file;
    unsigned int i;

    for (i = 0; name[i]; i++)
        path[i] = name[i] == '/' ? L'\\' : (CHAR16)name[i];
    path[i] = 0;
    return EFI_ERROR(root->Open(root, &file, path, EFI_FILE_MODE_READ, 0)) ? NULL : file;
}

/* The root directory of HANDLE's file system when allod.cfg is there, else NULL. */
static EFI_FILE_HANDLE open_volume(EFI_HANDLE handle)
{
    EFI_GUID protocol = SIMPLE_FILE_SYSTEM_PROTOCOL;
    EFI_FILE_IO_INTERFACE *fs;
    EFI_FILE_HANDLE root, file;

    if (!handle || EFI_ERROR(BS->HandleProtocol(handle, &protocol, (void **)&fs)) ||
        EFI_ERROR(fs->OpenVolume(fs, &root)))
        return NULL;
    file = open_file(root, CONFIG_NAME);
    if (!file) {
        root->Close(root);
        return NULL;
    }
    file->Close(file);
    return root;
}

static EFI_FILE_HANDLE search_volumes(UINTN *looked_at)
{
    EFI_GUID protocol = SIMPLE_FILE_SYSTEM_PROTOCOL;
    EFI_FILE_HANDLE found = NULL;
    EFI_HANDLE *handles;

    if (EFI_ERROR(BS->LocateHandleBuffer(ByProtocol, &protocol, NULL, looked_at, &handles)))
        *looked_at = 0;
    for (UINTN i = 0; i < *looked_at && !found; i++)
        found = open_volume(handles[i]);
    return found;
}

/* Firmware that starts us early may not have looked for disks yet. */
static void connect_everything(void)
{
    EFI_HANDLE *handles;
    UINTN nr;

    if (EFI_ERROR(BS->LocateHandleBuffer(AllHandles, NULL, NULL, &nr, &handles)))
        return;
    for (UINTN i = 0; i < nr; i++)
        BS->ConnectController(handles[i], NULL, NULL, TRUE);
}

static void find_volume(EFI_HANDLE own)
{
    UINTN looked_at = 0;

    volume = open_volume(own);
    if (!volume)
        volume = search_volumes(&looked_at);
    if (!volume) {
        connect_everything();
        volume = search_volumes(&looked_at);
    }
    if (!volume)
        fail("no %s: neither on the loader's own volume nor on %d others", CONFIG_NAME, (int)looked_at);
}

/* What the firmware says of a file, and room for the long name that comes with it, which nobody needs. */
union file_info {
    EFI_FILE_INFO info;
    uint8_t room[sizeof(EFI_FILE_INFO) + 256 * sizeof(CHAR16)];
};

static void read_contents(struct boot_module *m, EFI_FILE_HANDLE file)
{
    EFI_GUID wanted = EFI_FILE_INFO_ID;
    union file_info fi;
    uint64_t limit = m == info->modules ? MAX_CONFIG_SIZE : MAX_MODULE_SIZE;
    EFI_STATUS status;
    UINTN size = sizeof(fi);

    if (EFI_ERROR(file->GetInfo(file, &wanted, &size, &fi)) || (fi.info.Attribute & EFI_FILE_DIRECTORY))
        fail("%s is not a file that can be loaded", m->name);
    m->size = size = fi.info.FileSize;
    if (m->size > limit)
        fail("%s has %lu bytes, at most %lu are allowed", m->name, m->size, limit);
    m->start = (uint64_t)try_alloc(m->size / EFI_PAGE + 1, EFI_PAGE);
    if (!m->start)
        fail("%s has %lu KiB, there is no such memory below 4 GiB", m->name, m->size / 1024);
    status = file->Read(file, &size, (void *)m->start);
    if (EFI_ERROR(status) || size != m->size)
        fail("reading %s: %s, %lu of %lu bytes", m->name, status_name(status), (uint64_t)size, m->size);
}

static int is_loaded(const char *name, uint64_t len)
{
    for (unsigned int i = 0; i < info->nr_modules; i++) {
        if (!memcmp(info->modules[i].name, name, len) && !info->modules[i].name[len])
            return 1;
    }
    return 0;
}

/* Load the file if it is not there yet. One that is missing or cannot have such a name is the hypervisor's to
 * report, with its line: it may be no name at all but a mistake in the file. */
static void load_file(const char *name, uint64_t len)
{
    struct boot_module *m = &info->modules[info->nr_modules];
    char copy[BOOT_NAME_SIZE] = "";
    EFI_FILE_HANDLE file;

    if (len >= BOOT_NAME_SIZE || is_loaded(name, len))
        return;
    memcpy(copy, name, len);
    file = open_file(volume, copy);
    if (!file)
        return;
    if (info->nr_modules == BOOT_MAX_MODULES)
        fail("%s names more than %d files", CONFIG_NAME, BOOT_MAX_MODULES - 1);
    memcpy(m->name, copy, sizeof(copy));
    read_contents(m, file);
    file->Close(file);
    info->nr_modules++;
}

void load_modules(struct boot_info *bi, EFI_HANDLE own_volume)
{
    const struct boot_module *config = &bi->modules[0];

    info = bi;
    find_volume(own_volume);
    load_file(CONFIG_NAME, sizeof(CONFIG_NAME) - 1);
    bi->config_module = 0;
    scan_names((const char *)config->start, config->size, 0, load_file);
    scan_names(bi->cmdline, BOOT_CMDLINE_SIZE, 1, load_file);
}
