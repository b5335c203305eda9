/* SPDX-License-Identifier: MIT */
/* threads SECONDS [SEED [mm|calls PART]]: everything at once on the same domains, and scenarios that have
 * names. */
#include "guest_cpus.h"
#include "named.h"
#include "soup.h"
#include "soup_calls.h"
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void soup_mm(unsigned int milliseconds)
{
    static const unsigned long pages[NR_NODES] = {256, 384, 128};

    slots_open(NR_PLACES, pages);
    for (unsigned int i = 0; i < NR_BUILDERS; i++)
        crew_add("builder", builder, slot_at(i));
    crew_add("wild", wild, NULL);
    crew_add("wild", wild, NULL);
    crew_add("freer", freer, NULL);
    crew_add("mapper", mapper, NULL);
    crew_add("mapper", mapper, NULL);
    crew_add("destroyer", destroyer, NULL);
    crew_add("thief", thief, NULL);
    crew_add("offliner", offliner, (void *)40);
    crew_add("scrubber", scrubber, NULL);
    crew_add("reader", reader, NULL);
    crew_add("checker", checker, NULL);
    crew_run("functions of mm/", "soup", milliseconds);
    slots_close();
}

static void soup_calls(unsigned int milliseconds)
{
    calls_boot(4096); /* large extents have room */
    for (uintptr_t i = 0; i < NR_BUILDERS; i++)
        crew_add("builder", call_builder, (void *)i);
    for (unsigned int i = 0; i < 4; i++)
        crew_add("wild", call_wild, NULL);
    crew_add("mapper", call_mapper, NULL);
    crew_add("mapper", call_mapper, NULL);
    crew_add("offliner", call_offliner, (void *)40);
    crew_add("page runs", call_runs, NULL);
    crew_add("scrubber", scrubber, NULL);
    crew_add("reader", call_reader, NULL);
    crew_add("snapshots", snapshots, NULL);
    crew_run("hypercalls", "soup", milliseconds);
    call_soup_end();
    calls_end();
}

/* The same few pages are taken, mapped, freed, marked and brought back all the time. */
static void few_mm(unsigned int milliseconds)
{
    static const unsigned long pages[NR_NODES] = {16, 16, 16};

    slots_open(NR_PLACES, pages);
    for (unsigned int i = 0; i < 3; i++)
        crew_add("taker", taker, NULL);
    crew_add("mapper", mapper, NULL);
    crew_add("mapper", mapper, NULL);
    crew_add("offliner", offliner, (void *)1);
    crew_run("functions of mm/", "few pages", milliseconds);
    slots_close();
}

/* So few that each meets each, even on one processor. */
static void few_calls(unsigned int milliseconds)
{
    calls_boot(4096);
    crew_add("builder", call_builder, NULL);
    crew_add("wild", call_wild, NULL);
    crew_add("wild", call_wild, NULL);
    crew_add("mapper", call_mapper, NULL);
    crew_add("offliner", call_offliner, (void *)1);
    crew_run("hypercalls", "few callers", milliseconds);
    call_soup_end();
    calls_end();
}

static void few(const struct level *l, unsigned int milliseconds)
{
    (l == &level_mm ? few_mm : few_calls)(milliseconds);
}

/* Blocks are marked while they are handed out. */
static void taken_blocks(const struct level *l UNUSED, unsigned int milliseconds)
{
    static const unsigned long pages[NR_NODES] = {32, 16, 16};

    slots_open(0, pages);
    for (unsigned int i = 0; i < 3; i++)
        crew_add("thief", thief, NULL);
    crew_add("offliner", offliner, (void *)1);
    crew_run("functions of mm/", "taken blocks", milliseconds);
    slots_close();
}

/* Tables are walked while they grow. */
static void maps(const struct level *l UNUSED, unsigned int milliseconds)
{
    calls_boot(4096);
    crew_add("taker", call_taker, NULL);
    crew_add("taker", call_taker, NULL);
    crew_add("taker", call_taker, NULL);
    crew_run("hypercalls", "maps", milliseconds);
    call_soup_end();
    calls_end();
}

/* Nothing but references and marks, in the same words. */
static void marked_pages(const struct level *l UNUSED, unsigned int milliseconds)
{
    static const unsigned long pages[NR_NODES] = {16, 16, 16};

    slots_open(1, pages);
    box_fill(slot_at(0));
    crew_add("mapper", mapper, NULL);
    crew_add("mapper", mapper, NULL);
    crew_add("offliner", offliner, (void *)1);
    crew_run("functions of mm/", "marked pages", milliseconds);
    slots_close();
}

static void scheduler(const struct level *l UNUSED, unsigned int milliseconds)
{
    turns(milliseconds);
}

static void soup(const struct level *l, unsigned int milliseconds)
{
    (l == &level_mm ? soup_mm : soup_calls)(milliseconds);
}

static const struct part {
    const char *name;
    void (*run)(const struct level *l, unsigned int milliseconds);
    unsigned int share; /* of the time, in percent, on each of two levels */
} parts[] = {
    {"soup", soup, 15},
    {"few", few, 2},
    {"maps", maps, 1},
    {"taken", taken_blocks, 1},
    {"marks", marked_pages, 1},
    {"eight", eight_builders, 3},
    {"all", two_hold_all, 3},
    {"replace", replaced_claim, 3},
    {"destroy", claim_against_destroy, 3},
    {"twice", destroyed_by_two, 3},
    {"populate", populate_against_claim, 4},
    {"limits", limits_change, 3},
    {"storm", storm, 4},
    {"events", events, 3},
    {"turns", scheduler, 3},
    {"recall", recalled_claim, 4},
    {"guests", pages_leave_running_guests, 6},
};

static void run_parts(const struct level *l, unsigned int seconds)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
        parts[i].run(l, seconds * 10 * parts[i].share);
}

static void run_part(const char *level, const char *name, unsigned int seconds)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
        if (!strcmp(name, parts[i].name))
            parts[i].run(strcmp(level, "mm") ? &level_calls : &level_mm, seconds * 1000);
}

int main(int argc, char **argv)
{
    unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 0;

    if (!seconds) {
        fputs("usage: threads SECONDS [SEED [mm|calls PART]]\n", stderr);
        return 2;
    }
    crew_seed(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
    if (argc > 4) {
        run_part(argv[3], argv[4], seconds);
    } else {
        run_parts(&level_mm, seconds);
        run_parts(&level_calls, seconds);
    }
    puts("ok: nothing is left, every promise was kept");
    return 0;
}
