/* SPDX-License-Identifier: MIT */
/* The address space that calls are made in: the arena for arguments with holes and odd pages around it, a
 * page table of random entries, the calling code, read-only, and nothing else of this program. */
#include "hyperfuzz.h"
#include <string.h>

#define P          1UL
#define RW         2UL
#define LARGE      0x80UL
#define NX         (1UL << 63)
#define ADDRESS    0x000ffffffffff000UL
#define ENTRIES    512UL
#define HALF       (ARENA_SIZE / 2) /* pages: arguments are placed below, results above */
#define ODD        ARENA_SIZE       /* pages behind the arena, each with its own oddity */
#define NR_ODD     24UL
#define WILD       (ARENA + (2UL << 20))
#define RECURSIVE  (ARENA + (4UL << 20))
#define IMAGE      0x100000UL
#define IMAGE_END  0x200000UL
#define POOL_GFN   600UL /* RAM that calls may take away */
#define RO_PATTERN 0x5a

typedef uint64_t table_t[ENTRIES] __attribute__((aligned(4096)));
typedef uint8_t page_t[PAGE_SIZE] __attribute__((aligned(4096)));

extern char enter_page[];

static table_t root, level3, low2, low1, arena2, arena1, wild1;
static page_t arena[ARENA_SIZE], edge, read_only;
static size_t used, used_by_results; /* bytes of the arena's halves that this call has placed */
static bool in_list;

static uint64_t at(const void *p)
{
    return (uintptr_t)p;
}

/* An unmapped page, the end of a lonely one, one that is only to be read, nobody's memory near and far,
 * reserved bits, pages that other calls take away, a second way to the arena and to the wild table. */
static void map_odd(uint64_t *entry)
{
    entry[1] = at(edge) | P | RW;
    entry[3] = at(read_only) | P;
    entry[4] = 0x3000UL << 12 | P | RW;
    entry[5] = ((1UL << 36) - 1) << 12 | P | RW;
    entry[6] = 1UL << 51 | P | RW;
    entry[7] = at(arena[0]) | P | RW | NX;
    for (uint64_t i = 0; i < 8; i++)
        entry[8 + i] = (POOL_GFN + i) << 12 | P | RW;
    entry[17] = at(arena[HALF]) | P | RW;
    entry[18] = at(wild1) | P | RW;
    entry[20] = 0xfee00000 | P | RW;
}

void space_init(void)
{
    uint64_t code_end = at(enter_page) + PAGE_SIZE;

    for (uint64_t page = IMAGE; page < code_end; page += PAGE_SIZE)
        low1[page >> 12] = page | P;
    low2[0] = at(low1) | P | RW;
    level3[0] = at(low2) | P | RW;
    for (uint64_t i = 0; i < ARENA_SIZE; i++)
        arena1[i] = at(arena[i]) | P | RW;
    map_odd(arena1 + ODD);
    arena1[ENTRIES - 1] = at(arena[ARENA_SIZE - 1]) | P | RW; /* beside the wild ones */
    arena2[0] = at(arena1) | P | RW;
    arena2[1] = at(wild1) | P | RW;
    arena2[2] = at(arena2) | P; /* itself */
    arena2[3] = 0xe0000000UL | P | RW | LARGE;
    level3[1] = at(arena2) | P | RW;
    root[0] = at(level3) | P | RW;
    memset(read_only, RO_PATTERN, sizeof(read_only));
}

uint64_t space_root(void)
{
    return at(root);
}

bool space_intact(void)
{
    for (size_t i = 0; i < sizeof(read_only); i++)
        if (read_only[i] != RO_PATTERN)
            return false;
    return true;
}

/* Pages of this image that calls may write to. */
static bool is_open(uint64_t address)
{
    return (address >= at(arena) && address < at(arena) + sizeof(arena)) || (address & ADDRESS) == at(edge);
}

static uint64_t wild_entry(void)
{
    switch (random_below(6)) {
    case 0:
        return 0;
    case 1:
        return random_word();
    case 2:
        return random_number();
    case 3:
        return (POOL_GFN + random_below(64)) << 12 | P | RW;
    default:
        return at(arena[HALF + random_below(HALF)]) | P | (random_word() & RW);
    }
}

/* No entry may lead to the rest of this image, whoever has written it. */
static void tame(uint64_t *entry)
{
    uint64_t address = *entry & ADDRESS;

    if ((*entry & P) && address >= IMAGE && address < IMAGE_END && !is_open(address))
        *entry = 0;
}

static void fill_words(uint64_t *word, size_t nr)
{
    while (nr--)
        *word++ = random_number();
}

/* Results hold times and other numbers that no seed knows: they must not become arguments. */
static void forget_results(void)
{
    uint64_t *word = (uint64_t *)(void *)arena[HALF];

    for (size_t i = 0; i < HALF * ENTRIES; i++)
        word[i] = 0;
    memset(edge, 0, sizeof(edge));
}

void space_new_call(void)
{
    forget_results();
    used = one_in(8) ? random_below(64) : 0;
    used_by_results = 0;
    in_list = false;
    if (one_in(4))
        fill_words((uint64_t *)(void *)arena[HALF + random_below(HALF)], ENTRIES);
    if (one_in(16))
        for (unsigned int i = 0; i < 16; i++)
            wild1[random_below(ENTRIES)] = wild_entry();
    for (unsigned int i = 0; i < ENTRIES; i++)
        tame(&wild1[i]);
}

static uint64_t find_entry(uint64_t page)
{
    if (page >= ARENA && page < WILD)
        return arena1[(page - ARENA) >> 12];
    if (page >= WILD && page < RECURSIVE)
        return wild1[(page - WILD) >> 12];
    if (page >= RECURSIVE && page < RECURSIVE + (2UL << 20))
        return arena2[(page - RECURSIVE) >> 12];
    return page >= IMAGE && page < IMAGE_END ? low1[page >> 12] : 0;
}

/* This program's own view of what lies at VA; NULL: nothing, or not to be written. What is not this image may
 * be there or not; fresh memory is zero. */
static uint8_t *own_view(uint64_t va, bool write)
{
    static page_t fresh;
    uint64_t entry = find_entry(va & ~(PAGE_SIZE - 1)), page = entry & ADDRESS;

    if (!(entry & P) || (entry & NX) || (write && !is_open(page)))
        return NULL;
    if (page < IMAGE || page >= IMAGE_END)
        return &fresh[va & (PAGE_SIZE - 1)];
    return (uint8_t *)(page + (va & (PAGE_SIZE - 1)));
}

bool space_peek(uint64_t va, void *to, size_t size)
{
    uint8_t *own = to;

    for (; size; size--, va++) {
        const uint8_t *from = own_view(va, false);

        if (!from)
            return false;
        *own++ = *from;
    }
    return true;
}

static void poke(uint64_t va, const uint8_t *from, size_t size)
{
    for (; size; size--, va++, from++) {
        uint8_t *to = own_view(va, true);

        if (to)
            *to = *from;
    }
}

/* So that the last bytes lie at the end of what is mapped, or behind it. */
static uint64_t place_at_end(size_t size)
{
    uint64_t end = one_in(2) ? ARENA + ARENA_SIZE * PAGE_SIZE : ARENA + (ODD + 2) * PAGE_SIZE;

    return end - size + (one_in(2) ? 0 : random_below(size + 1));
}

/* Behind what is there already, in one half of the arena. */
static uint64_t place_next(size_t *cursor, uint64_t first_page, size_t size)
{
    uint64_t va;

    if (*cursor + size > HALF * PAGE_SIZE)
        *cursor = 0;
    va = ARENA + first_page * PAGE_SIZE + *cursor;
    *cursor += (size + 7) & ~7UL;
    return va;
}

void space_list(bool begins)
{
    in_list = begins;
}

uint64_t space_place(const void *data, size_t size)
{
    bool fixed = in_list && data;
    uint64_t va;

    if (!fixed && one_in(24))
        va = place_at_end(size);
    else if (!fixed && one_in(24))
        va = random_address();
    else
        va = data ? place_next(&used, 0, size) : place_next(&used_by_results, HALF, size);
    if (data)
        poke(va, data, size);
    return va;
}

/* Where no argument of a guest ever lies. */
static uint64_t forbidden_address(void)
{
    static const uint64_t forbidden[] = {
        0,
        0xffff800000000000, /* the hypervisor's: direct map, */
        0xffff800000100000,
        0xffffa00000000000, /* frame table, */
        0xffffb00000000000, /* devices, */
        0xffffffff80000000, /* image */
        0x0000800000000000, /* no address */
        0x00007ffffffffff8,
        0xfff0000040000000,
        0xfffffffffffffff8,
        0xfffff000,
        0xfee00000,
    };

    return forbidden[random_below(ARRAY_SIZE(forbidden))] + random_below(16);
}

uint64_t random_address(void)
{
    switch (random_below(12)) {
    case 0:
        return forbidden_address();
    case 1:
        return random_word();
    case 2:
        return at(enter_page) + random_below(PAGE_SIZE);
    case 3:
        return WILD + random_below(2UL << 20);
    case 4:
        return RECURSIVE + random_below(4UL << 20);
    case 5:
    case 6:
        return ARENA + (ODD + random_below(NR_ODD)) * PAGE_SIZE + random_below(PAGE_SIZE);
    case 7:
        return place_at_end(8 + random_below(64));
    case 8:
        return ARENA + HALF * PAGE_SIZE + random_below(HALF * PAGE_SIZE);
    default:
        return ARENA + HALF * PAGE_SIZE + (random_below(HALF * PAGE_SIZE) & ~7UL);
    }
}
