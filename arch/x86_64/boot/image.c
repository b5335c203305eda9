/* SPDX-License-Identifier: MIT */
/* Put allod.elf into memory, build the temporary page tables, and jump. */
#include "../cpu/insn.h"
#include "../cpu/layout.h"
#include "../cpu/registers.h"
#include "elf.h"
#include "loader.h"

#define LARGE_PAGE     (2UL << 20)
#define HUGE_PAGE      (1UL << 30)
#define TABLE_SLOTS    512
#define PTE_TABLE      (PTE_PRESENT | PTE_WRITE)
#define PTE_LEAF       (PTE_TABLE | PTE_LARGE)
#define SPARE_TABLES   40 /* the hypervisor's own needs beyond RAM and image: device registers, stacks */
#define EDGE_TABLES    4  /* the two ends of a run of RAM, each a table of 2 MiB and one of 4 KiB pages */
#define PML4_SPAN      (1UL << 39)
#define HANDOVER_SIZE  64
#define LOW_MEMORY_END (1UL << 20)

/* The embedded file, from the Makefile. */
extern const char allod_elf_start[], allod_elf_end[];

/* hand_over's code, copied to a page that both the firmware's tables and ours map at its physical address:
 * %rdi our CR3, %rsi the hypervisor's entry, %rdx the record. */
extern const char handover_code[];
__asm__(".pushsection .text\n"
        "handover_code:\n"
        "    mov %rdi, %cr3\n"
        "    mov %rdx, %rdi\n"
        "    jmp *%rsi\n"
        "    .balign 64\n"
        ".popsection\n");

static struct elf_segment segment_of(const struct elf_image *elf, unsigned int i)
{
    struct elf_segment s;
    const char *error = elf_segment(elf, i, &s);

    if (error)
        fail("allod.elf: %s", error);
    if (s.type == ELF_PT_LOAD &&
        (s.vaddr < IMAGE_BASE || s.vaddr - IMAGE_BASE > IMAGE_MAX_SIZE - s.memsz || s.memsz > IMAGE_MAX_SIZE))
        fail("allod.elf: a segment at 0x%lx lies outside the hypervisor's place", s.vaddr);
    return s;
}

static uint64_t image_size(const struct elf_image *elf)
{
    uint64_t end = IMAGE_BASE;

    for (unsigned int i = 0; i < elf->segments.nr; i++) {
        struct elf_segment s = segment_of(elf, i);

        if (s.type == ELF_PT_LOAD && s.vaddr + s.memsz > end)
            end = s.vaddr + s.memsz;
    }
    return (end - IMAGE_BASE + EFI_PAGE - 1) & ~(EFI_PAGE - 1);
}

/* Segments keep their distances from IMAGE_BASE, which becomes the lowest address of the image. */
static void copy_segments(const struct elf_image *elf, uint64_t image)
{
    for (unsigned int i = 0; i < elf->segments.nr; i++) {
        struct elf_segment s = segment_of(elf, i);

        if (s.type == ELF_PT_LOAD)
            memcpy((void *)(image + s.vaddr - IMAGE_BASE), s.data, s.filesz);
    }
}

uint64_t load_hypervisor(struct boot_info *bi)
{
    uint64_t file_size = (uint64_t)allod_elf_end - (uint64_t)allod_elf_start, size;
    void *file = alloc_kept(file_size / EFI_PAGE + 1, EFI_PAGE);
    struct elf_image elf;
    const char *error;

    memcpy(file, allod_elf_start, file_size);
    error = elf_open(&elf, file, file_size, ELF_MACHINE_X86_64);
    if (error)
        fail("allod.elf: %s", error);
    size = image_size(&elf);
    bi->image_start = (uint64_t)alloc_kept(size / EFI_PAGE, LARGE_PAGE);
    bi->image_end = bi->image_start + size;
    bi->elf_start = (uint64_t)file;
    bi->elf_size = file_size;
    copy_segments(&elf, bi->image_start);
    return elf.entry;
}

static uint64_t *slot_of(uint64_t *table, uint64_t va, unsigned int shift)
{
    return &table[va >> shift & (TABLE_SLOTS - 1)];
}

uint64_t build_early_tables(const struct boot_info *bi)
{
    uint64_t *pml4 = alloc_kept(1, EFI_PAGE), *low = alloc_kept(1, EFI_PAGE), *high = alloc_kept(1, EFI_PAGE);
    uint64_t *image = alloc_kept(1, EFI_PAGE);

    for (uint64_t a = 0; a < EARLY_MAP_SIZE; a += HUGE_PAGE) {
        uint64_t *dir = alloc_kept(1, EFI_PAGE);

        low[a / HUGE_PAGE] = (uint64_t)dir | PTE_TABLE;
        for (uint64_t b = 0; b < HUGE_PAGE; b += LARGE_PAGE)
            dir[b / LARGE_PAGE] = (a + b) | PTE_LEAF;
    }
    for (uint64_t a = 0; bi->image_start + a < bi->image_end; a += LARGE_PAGE)
        image[a / LARGE_PAGE] = (bi->image_start + a) | PTE_LEAF;
    pml4[0] = (uint64_t)low | PTE_TABLE;
    *slot_of(pml4, DIRECT_MAP_BASE, 39) = (uint64_t)low | PTE_TABLE;
    *slot_of(pml4, IMAGE_BASE, 39) = (uint64_t)high | PTE_TABLE;
    *slot_of(high, IMAGE_BASE, 30) = (uint64_t)image | PTE_TABLE;
    return (uint64_t)pml4;
}

void reserve_tables(struct boot_info *bi)
{
    uint64_t top = 0, runs = 0, nr;

    for (uint32_t i = 0; i < bi->nr_ranges; i++) {
        if (bi->ranges[i].type == BOOT_RANGE_RESERVED)
            continue;
        runs += bi->ranges[i].start != top;
        top = bi->ranges[i].end;
    }
    if (top > DIRECT_MAP_SIZE)
        top = DIRECT_MAP_SIZE;
    nr = SPARE_TABLES + runs * EDGE_TABLES + (bi->image_end - bi->image_start) / LARGE_PAGE +
         top / PML4_SPAN + 1;
    if (!(cpuid(0x80000001, 0).edx & CPUID_EXT_EDX_1G))
        nr += top / HUGE_PAGE + 1;
    bi->tables_start = (uint64_t)alloc_kept(nr, EFI_PAGE);
    bi->tables_end = bi->tables_start + nr * EFI_PAGE;
}

void reserve_trampoline(struct boot_info *bi)
{
    EFI_PHYSICAL_ADDRESS at = LOW_MEMORY_END - 1;

    if (!EFI_ERROR(BS->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1, &at)))
        bi->trampoline = at;
}

void *prepare_hand_over(void)
{
    EFI_PHYSICAL_ADDRESS at = EARLY_MAP_SIZE - 1;

    if (EFI_ERROR(BS->AllocatePages(AllocateMaxAddress, EfiLoaderCode, 1, &at)))
        fail("no page below 4 GiB for the loader's last instructions");
    memcpy((void *)at, handover_code, HANDOVER_SIZE);
    return (void *)at;
}

void hand_over(void *page, uint64_t cr3, uint64_t entry, struct boot_info *bi)
{
    void (*jump)(uint64_t, uint64_t, struct boot_info *) =
        (void (*)(uint64_t, uint64_t, struct boot_info *))page;

    jump(cr3, entry, bi);
    __builtin_unreachable();
}
