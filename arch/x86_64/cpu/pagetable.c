/* SPDX-License-Identifier: MIT */
/* Building the hypervisor's page tables and switching to them. AMD64 manual volume 2, section 5.3. */
#include "pagetable.h"
#include "bootmem.h"
#include "error.h"
#include "insn.h"
#include "layout.h"
#include "log.h"
#include "map.h"
#include <string.h>

#define TOP_SHIFT   39
#define LEVEL_SHIFT 9
#define SLOTS       512

/* linker.ld */
extern const uint8_t __image_start[], __text_end[], __rodata_end[], __image_end[];

static uint64_t *root;
static uint64_t pool, pool_end; /* physical; what the loader reserved */
static uint64_t device_next = MMIO_BASE;

/* A zeroed table; the pool is zeroed already. */
static uint64_t *new_table(void)
{
    mfn_t m;

    if (pool < pool_end) {
        pool += PAGE_SIZE;
        return paddr_to_virt(paddr(pool - PAGE_SIZE));
    }
    m = bootmem_alloc(1, 1, NUMA_NO_NODE);
    if (m.v == INVALID_MFN.v)
        return NULL;
    return memset(mfn_to_virt(m), 0, PAGE_SIZE);
}

static uint64_t *slot_in(uint64_t *table, uint64_t va, unsigned int shift)
{
    return &table[va >> shift & (SLOTS - 1)];
}

/* Does one entry at a level map all of its span, or lead on? 4 KiB entries have no such bit. */
static bool is_leaf(uint64_t entry, unsigned int shift)
{
    return shift == PAGE_SHIFT || (entry & PTE_LARGE);
}

/* The entry of VA at the level of SHIFT, with new tables on the way; NULL without memory for them. */
static uint64_t *make_slot(uint64_t va, unsigned int shift)
{
    uint64_t *table = root;

    for (unsigned int level = TOP_SHIFT; level > shift; level -= LEVEL_SHIFT) {
        uint64_t *slot = slot_in(table, va, level);

        if (!*slot) {
            table = new_table();
            if (!table)
                return NULL;
            *slot = virt_to_paddr(table).v | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
        }
        table = paddr_to_virt(paddr(*slot & PTE_ADDR));
    }
    return slot_in(table, va, shift);
}

/* The entry that maps VA, NULL when none does. */
static uint64_t *find_slot(uint64_t va, unsigned int *shift)
{
    uint64_t *table = root;

    for (*shift = TOP_SHIFT;; *shift -= LEVEL_SHIFT) {
        uint64_t *slot = slot_in(table, va, *shift);

        if (!(*slot & PTE_PRESENT))
            return NULL;
        if (is_leaf(*slot, *shift))
            return slot;
        table = paddr_to_virt(paddr(*slot & PTE_ADDR));
    }
}

static bool has_huge_pages(void)
{
    return cpuid(0x80000001, 0).edx & CPUID_EXT_EDX_1G;
}

/* The largest page that VA and PA are aligned to and SIZE fills. */
static unsigned int best_shift(uint64_t va, uint64_t pa, uint64_t size)
{
    unsigned int shift = has_huge_pages() ? 30 : 21;

    if (pa < MiB) /* small pieces of it differ in memory type (fixed MTRRs), and one is given to new CPUs */
        return PAGE_SHIFT;
    while (shift > PAGE_SHIFT && (((va | pa) & ((1UL << shift) - 1)) || size < 1UL << shift))
        shift -= LEVEL_SHIFT;
    return shift;
}

int map_range(uint64_t va, paddr_t pa, uint64_t size, uint64_t rights)
{
    for (uint64_t done = 0, step; done < size; done += step) {
        unsigned int shift = best_shift(va + done, pa.v + done, size - done);
        uint64_t *slot = make_slot(va + done, shift);

        if (!slot)
            return -ENOMEM;
        *slot = (pa.v + done) | rights | (shift == PAGE_SHIFT ? 0 : PTE_LARGE);
        step = 1UL << shift;
    }
    return 0;
}

void unmap_page(const void *va)
{
    unsigned int shift;
    uint64_t *slot = find_slot((uint64_t)va, &shift);

    BUG_ON(!slot || shift != PAGE_SHIFT);
    *slot = 0;
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

bool is_mapped(uint64_t va)
{
    unsigned int shift;

    return find_slot(va, &shift);
}

volatile void *map_device(paddr_t pa, uint64_t size)
{
    uint64_t offset = pa.v & ~PAGE_MASK, va = device_next;
    uint64_t length = (offset + size + PAGE_SIZE - 1) & PAGE_MASK;

    if (map_range(va, paddr(pa.v & PAGE_MASK), length, MAP_DEVICE))
        return NULL;
    device_next += length;
    return (volatile uint8_t *)va + offset;
}

/* RAM that is not the image: that is mapped at its own place only, so that code cannot be written elsewhere.
 */
static int map_ram(const struct boot_info *bi, uint64_t start, uint64_t end)
{
    uint64_t below = MIN(end, bi->image_start), above = MAX(start, bi->image_end);
    int rc = 0;

    if (start < below)
        rc = map_range(DIRECT_MAP_BASE + start, paddr(start), below - start, MAP_DATA);
    if (!rc && above < end)
        rc = map_range(DIRECT_MAP_BASE + above, paddr(above), end - above, MAP_DATA);
    return rc;
}

/* Ranges that adjoin are mapped as one, whatever they are used for, so that large pages can span them. What
 * lies beyond the direct map is not used (arch_phys_limit). */
static int map_all_ram(const struct boot_info *bi)
{
    uint64_t start = 0, end = 0;
    int rc = 0;

    for (uint32_t i = 0; i < bi->nr_ranges && !rc; i++) {
        const struct boot_range *r = &bi->ranges[i];

        if (r->type == BOOT_RANGE_RESERVED || r->start >= DIRECT_MAP_SIZE)
            continue;
        if (r->start != end) {
            rc = map_ram(bi, start, end);
            start = r->start;
        }
        end = MIN(r->end, DIRECT_MAP_SIZE);
    }
    return rc ? rc : map_ram(bi, start, end);
}

/* Small pages throughout: guard pages are cut out of the image later. */
static int map_image(const struct boot_info *bi)
{
    uint64_t start = (uint64_t)__image_start, end = (uint64_t)__image_end;
    int rc = 0;

    for (uint64_t va = start; va < end && !rc; va += PAGE_SIZE) {
        uint64_t rights = va < (uint64_t)__text_end     ? MAP_CODE
                          : va < (uint64_t)__rodata_end ? MAP_CONST
                                                        : MAP_DATA;

        rc = map_range(va, paddr(bi->image_start + (va - start)), PAGE_SIZE, rights);
    }
    return rc;
}

int pagetable_init(const struct boot_info *bi)
{
    int rc;

    pool = bi->tables_start;
    pool_end = bi->tables_end;
    root = new_table();
    if (!root)
        return -ENOMEM;
    rc = map_all_ram(bi);
    return rc ? rc : map_image(bi);
}

void pagetable_load(void)
{
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 & ~CR4_PGE); /* changing this bit drops global translations, too */
    write_cr3(virt_to_paddr(root).v);
    write_cr4(cr4 | CR4_PGE);
}
