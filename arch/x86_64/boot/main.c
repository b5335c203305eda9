/* SPDX-License-Identifier: MIT */
/* The UEFI loader: collect images, memory map and RSDP in one record, leave boot services, enter allod.elf.
 */
#include "../cpu/insn.h"
#include "../cpu/registers.h"
#include "loader.h"

#define CALIBRATE_US 5000

EFI_SYSTEM_TABLE *ST;
EFI_BOOT_SERVICES *BS;
EFI_HANDLE loader_handle;

static int is_image_name(const char *s, uint64_t len)
{
    return len > 4 && s[len - 4] == '.' && (s[len - 3] | 32) == 'e' && (s[len - 2] | 32) == 'f' &&
           (s[len - 1] | 32) == 'i';
}

/* A UEFI shell puts the image's own name first; firmware boot entries may carry binary data instead of text.
 */
static void read_load_options(struct boot_info *bi, const EFI_LOADED_IMAGE *self)
{
    const CHAR16 *text = self->LoadOptions;
    uint64_t len = self->LoadOptionsSize / sizeof(CHAR16), word = 0;

    for (uint64_t i = 0; text && i < len && text[i]; i++) {
        if (text[i] != '\t' && (text[i] < ' ' || text[i] > '~')) {
            complain("the load options are ignored: character %d is no printable ASCII", (int)i + 1);
            bi->cmdline[0] = 0;
            return;
        }
        if (i >= BOOT_CMDLINE_SIZE - 1)
            fail("the command line is longer than %d characters", BOOT_CMDLINE_SIZE - 1);
        bi->cmdline[i] = text[i] == '\t' ? ' ' : (char)text[i];
    }
    while (bi->cmdline[word] && bi->cmdline[word] != ' ')
        word++;
    if (is_image_name(bi->cmdline, word)) {
        for (uint64_t i = 0; i < BOOT_CMDLINE_SIZE - word; i++)
            bi->cmdline[i] = bi->cmdline[i + word];
    }
}

/* ACPI 2.0's table is preferred, since the older one leads to 32-bit addresses only. */
static uint64_t find_rsdp(void)
{
    EFI_GUID acpi20 = ACPI_20_TABLE_GUID, acpi10 = ACPI_TABLE_GUID;
    uint64_t found = 0;

    for (UINTN i = 0; i < ST->NumberOfTableEntries; i++) {
        EFI_CONFIGURATION_TABLE *t = &ST->ConfigurationTable[i];

        if (!memcmp(&t->VendorGuid, &acpi20, sizeof(acpi20)))
            return (uint64_t)t->VendorTable;
        if (!memcmp(&t->VendorGuid, &acpi10, sizeof(acpi10)))
            found = (uint64_t)t->VendorTable;
    }
    return found;
}

static uint64_t measure_tsc_khz(void)
{
    uint64_t start = rdtsc();

    BS->Stall(CALIBRATE_US);
    return (rdtsc() - start) * 1000 / CALIBRATE_US;
}

static void check_cpu(void)
{
    if (read_cr4() & CR4_LA57)
        fail("the firmware runs with 5-level page tables, which are not supported");
    if (!(cpuid(0x80000001, 0).edx & CPUID_EXT_EDX_NX))
        fail("this CPU cannot make pages non-executable (NX); it may be off in the firmware's setup");
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    uint64_t entered = rdtsc(), entry, cr3;
    EFI_GUID loaded_image = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *self;
    struct boot_info *bi;
    void *page;

    ST = table;
    BS = table->BootServices;
    loader_handle = image;
    BS->SetWatchdogTimer(0, 0, 0, NULL);
    check_cpu();
    if (EFI_ERROR(BS->HandleProtocol(image, &loaded_image, (void **)&self)))
        fail("the firmware does not tell where the loader came from");

    bi = alloc_kept((sizeof(*bi) + EFI_PAGE - 1) / EFI_PAGE, EFI_PAGE);
    bi->magic = BOOT_INFO_MAGIC;
    bi->size = sizeof(*bi);
    bi->tsc_entry = entered;
    bi->rsdp = find_rsdp();
    read_load_options(bi, self);
    load_modules(bi, self->DeviceHandle);
    entry = load_hypervisor(bi);
    reserve_trampoline(bi);
    read_memory_map(bi);
    reserve_tables(bi);
    cr3 = build_early_tables(bi);
    page = prepare_hand_over();
    bi->tsc_khz = measure_tsc_khz();
    bi->seconds = firmware_seconds();
    leave_boot_services(image, bi);
    bi->tsc_exit = rdtsc();
    hand_over(page, cr3, entry, bi);
}
