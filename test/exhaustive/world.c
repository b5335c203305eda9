/* SPDX-License-Identifier: MIT */
/* The machine and its copies. */
#include "world.h"

#include "log.h"
#include "machine.h"
#include <stdlib.h>
#include <string.h>

#define WINDOW    16 /* frame records around the RAM */
#define NO_CHECKS __attribute__((no_sanitize("address", "undefined")))

struct world world;

/* A piece of memory that belongs to the state. */
struct region {
    uint64_t *start;
    size_t words;
};
#define REGIONS (2 + 2 * FRAMES)

/* Not part of the world: set once, before the first copy. */
static struct region regions[REGIONS];
static uint64_t *base;
static uint32_t *where; /* room for find_differences */
static size_t total_words;
static uint64_t first_mfn;

struct image {
    uint32_t nr;
    struct {
        uint32_t at;
        uint32_t low, high;
    } word[];
};

extern char __data_start[], _end[];

mfn_t frame_mfn(unsigned int frame)
{
    return mfn(first_mfn + frame);
}

unsigned int frame_index(const struct page_info *pg)
{
    return (unsigned int)(page_to_mfn(pg).v - first_mfn);
}

void frame_soil(unsigned int frame)
{
    uint64_t *word = mfn_to_virt(frame_mfn(frame));

    word[0] = word[PAGE_SIZE / 8 - 1] = 0x5ec2e7;
}

bool frame_is_zero(unsigned int frame)
{
    const uint64_t *word = mfn_to_virt(frame_mfn(frame));
    uint64_t sum = 0;

    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
        sum |= word[i];
    return sum == 0;
}

static void domain_begin(unsigned int dom)
{
    struct domain_mem *d = &world.dom[dom];

    memset(d, 0, sizeof(*d));
    domain_mem_init(d, (domid_t)(dom + 1));
    domain_set_max_pages(d, MANY_PAGES);
}

void world_rebirth(unsigned int dom)
{
    domain_mem_destroy(&world.dom[dom]);
    domain_begin(dom);
}

void world_create(void)
{
    static const unsigned long pages[NODES] = {NODE_PAGES, NODE_PAGES};

    machine_create_nodes(NODES, pages);
    first_mfn = machine_node_range(0).start.v;
    BUG_ON(machine_node_range(1).start.v != first_mfn + NODE_PAGES);
    for (unsigned int i = 0; i < FRAMES; i++)
        frame_soil(i);
    for (unsigned int i = 0; i < DOMAINS; i++)
        domain_begin(i);
}

/* ---- Copies ---- */

static void add_region(unsigned int i, void *start, size_t size)
{
    regions[i] = (struct region){start, size / sizeof(uint64_t)};
    total_words += regions[i].words;
}

/* Of a page only the words that anybody but the scrubber writes: scrubbing makes zeros of zeros there. */
void image_init(void)
{
    char *data = (char *)(((uintptr_t)__data_start + 7) & ~7UL);

    add_region(0, data, (size_t)(_end - data));
    add_region(1, &frame_table[first_mfn - WINDOW], (FRAMES + 2 * WINDOW) * sizeof(struct page_info));
    for (unsigned int i = 0; i < FRAMES; i++) {
        uint64_t *word = mfn_to_virt(frame_mfn(i));

        add_region(2 + 2 * i, &word[0], sizeof(*word));
        add_region(3 + 2 * i, &word[PAGE_SIZE / 8 - 1], sizeof(*word));
    }
    base = malloc(total_words * sizeof(*base));
    where = malloc(total_words * sizeof(*where));
    for (size_t i = 0, at = 0; i < REGIONS; at += regions[i++].words)
        memcpy(&base[at], regions[i].start, regions[i].words * sizeof(*base));
}

static NO_CHECKS size_t find_differences(void)
{
    size_t nr = 0, at = 0;

    for (size_t i = 0; i < REGIONS; i++)
        for (size_t w = 0; w < regions[i].words; w++, at++)
            if (regions[i].start[w] != base[at])
                where[nr++] = (uint32_t)at;
    return nr;
}

/* Where word AT of the base lies in the world. */
static uint64_t *live_word(size_t at)
{
    size_t i = 0;

    for (; at >= regions[i].words; i++)
        at -= regions[i].words;
    return &regions[i].start[at];
}

NO_CHECKS struct image *image_take(void)
{
    size_t nr = find_differences();
    struct image *image = malloc(sizeof(*image) + nr * sizeof(image->word[0]));

    image->nr = (uint32_t)nr;
    for (size_t i = 0; i < nr; i++) {
        uint64_t value = *live_word(where[i]);

        image->word[i].at = where[i];
        image->word[i].low = (uint32_t)value;
        image->word[i].high = (uint32_t)(value >> 32);
    }
    return image;
}

NO_CHECKS void image_restore(const struct image *image)
{
    for (size_t i = 0, at = 0; i < REGIONS; at += regions[i++].words)
        memcpy(regions[i].start, &base[at], regions[i].words * sizeof(*base));
    for (size_t i = 0; image && i < image->nr; i++)
        *live_word(image->word[i].at) = image->word[i].low | (uint64_t)image->word[i].high << 32;
}
