/* SPDX-License-Identifier: MIT */
/* The paging modes, their tables, and going from one to the other. */
#include "modes.h"
#include <string.h>

#define CR0_WP    (1UL << 16)
#define CR0_PG    (1UL << 31)
#define CR4_PSE   (1U << 4)
#define CR4_PAE   (1U << 5)
#define MSR_EFER  0xc0000080U
#define EFER_LME  (1U << 8)

#define PRESENT   1U
#define WRITABLE  2U
#define LARGE     (1U << 7)

#define WINDOW    0x40000000UL /* A's address in every mode with paging */
#define NR_TABLES 64

#define LOW_A     (12 * MiB)
#define LOW_B     (8 * MiB)
#define FAR_A     0x100000000ULL
#define FAR_B     0x100400000ULL

const struct paging_mode modes[] = {
    {"no paging", 32, 0, 0, 0, 0, 0, false, 0, 0},
    {"2 levels, 4 KiB", 32, 2, 10, 4, 1, 0, false, LOW_A, LOW_B},
    {"2 levels, 4 MiB", 32, 2, 10, 4, 2, CR4_PSE, false, LOW_A, LOW_B},
    {"2 levels, 4 MiB above 4 GiB", 32, 2, 10, 4, 2, CR4_PSE, false, FAR_A, FAR_B},
    {"PAE, 4 KiB", 32, 3, 9, 8, 1, CR4_PAE, false, LOW_A, LOW_B},
    {"PAE, 2 MiB", 32, 3, 9, 8, 2, CR4_PAE, false, LOW_A, LOW_B},
    {"long mode, 32-bit code, 4 KiB", 32, 4, 9, 8, 1, CR4_PAE, true, LOW_A, LOW_B},
    {"long mode, 32-bit code, 2 MiB", 32, 4, 9, 8, 2, CR4_PAE, true, LOW_A, LOW_B},
    {"long mode, 32-bit code, 1 GiB", 32, 4, 9, 8, 3, CR4_PAE, true, 0, 0},
    {"long mode, 4 KiB", 64, 4, 9, 8, 1, CR4_PAE, true, LOW_A, LOW_B},
    {"long mode, 2 MiB", 64, 4, 9, 8, 2, CR4_PAE, true, LOW_A, LOW_B},
    {"long mode, 1 GiB", 64, 4, 9, 8, 3, CR4_PAE, true, 0, 0},
};
const unsigned int nr_modes = sizeof(modes) / sizeof(modes[0]);

static uint8_t tables[NR_TABLES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static unsigned int tables_used; /* number 0 is the root */
static unsigned long start_cr3;

static uint64_t page_size(const struct paging_mode *mode)
{
    return 1ULL << (PAGE_SHIFT + (mode->leaf - 1) * mode->index_bits);
}

static uint64_t get(const struct paging_mode *mode, const void *entry)
{
    return mode->entry_size == 8 ? *(const uint64_t *)entry : *(const uint32_t *)entry;
}

static void set(const struct paging_mode *mode, void *entry, uint64_t value)
{
    if (mode->entry_size == 8)
        *(uint64_t *)entry = value;
    else
        *(uint32_t *)entry = (uint32_t)value;
}

/* The entry of VA at the leaf level; makes the tables on the way. */
static void *leaf_entry(const struct paging_mode *mode, uint64_t va)
{
    uint8_t *table = tables[0];

    for (unsigned int level = mode->levels;; level--) {
        uint64_t index = va >> (PAGE_SHIFT + (level - 1) * mode->index_bits);
        void *entry = table + (index & ((1U << mode->index_bits) - 1)) * mode->entry_size;

        if (level == mode->leaf)
            return entry;
        if (!get(mode, entry)) /* PAE's first level has no write bit */
            set(mode, entry,
                (uintptr_t)tables[++tables_used] | PRESENT |
                    (mode->levels == 3 && level == 3 ? 0 : WRITABLE));
        table = (uint8_t *)(uintptr_t)(get(mode, entry) & ~(uint64_t)(PAGE_SIZE - 1));
    }
}

static void map(const struct paging_mode *mode, uint64_t va, uint64_t pa)
{
    uint64_t flags = PRESENT | WRITABLE | (mode->leaf > 1 ? LARGE : 0);

    if (mode->entry_size == 4) /* PSE-36 */
        pa = (uint32_t)pa | (pa >> 32) << 13;
    set(mode, leaf_entry(mode, va), pa | flags);
}

static void build(const struct paging_mode *mode, struct window *w)
{
    uint64_t size = page_size(mode);
    char *window = (char *)WINDOW;

    memset(tables, 0, sizeof(tables));
    tables_used = 0;
    for (uint64_t at = 0; at < RAM_END; at += size)
        map(mode, at, at);
    map(mode, WINDOW, mode->a);
    map(mode, WINDOW + size, mode->b);
    *w = (struct window){window + size, window + 2 * size, (char *)(uintptr_t)-size, true};
    if (w->top == w->end)
        w->top = NULL;
    else
        map(mode, mode->code_bits == 64 ? -size : (uint32_t)-size, mode->b);
    if (mode->code_bits == 32 && mode->long_mode) /* behind where addresses wrap */
        map(mode, 0x100000000ULL, mode->b);
}

static unsigned long read_cr3(void)
{
    unsigned long value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static void write_cr3(unsigned long value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static void set_paging(bool on)
{
    unsigned long cr0;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    cr0 = on ? cr0 | CR0_PG | CR0_WP : cr0 & ~(CR0_PG | CR0_WP);
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
}

/* 64-bit code stays where it is and only changes its tables. */
void enter_mode(const struct paging_mode *mode, struct window *w)
{
    start_cr3 = read_cr3();
    if (!mode->levels) {
        *w = (struct window){(char *)(RAM_END - PAGE_SIZE), (char *)RAM_END, NULL, false};
        return;
    }
    build(mode, w);
    if (mode->code_bits == 32) {
        __asm__ volatile("wrmsr" : : "c"(MSR_EFER), "a"(mode->long_mode ? EFER_LME : 0), "d"(0));
        __asm__ volatile("mov %0, %%cr4" : : "r"((unsigned long)mode->cr4));
    }
    write_cr3((uintptr_t)tables[0]);
    set_paging(true);
}

void leave_mode(void)
{
    if (sizeof(long) == 4)
        set_paging(false);
    write_cr3(start_cr3);
}

void set_read_only(const struct paging_mode *mode, const struct window *w, bool read_only)
{
    void *entry = leaf_entry(mode, (uintptr_t)w->cross);
    uint64_t value = get(mode, entry) & ~(uint64_t)WRITABLE;

    set(mode, entry, value | (read_only ? 0 : WRITABLE));
    write_cr3(read_cr3());
}

unsigned int take_bits(const struct paging_mode *mode, const struct window *w)
{
    void *entry = leaf_entry(mode, (uintptr_t)w->cross);
    uint64_t value = get(mode, entry);

    set(mode, entry, value & ~(uint64_t)(ACCESSED | DIRTY));
    write_cr3(read_cr3());
    return value & (ACCESSED | DIRTY);
}
