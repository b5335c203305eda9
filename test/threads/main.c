/* SPDX-License-Identifier: MIT */
/* threads SECONDS [SEED [mm|calls PART]]: everything at once on the same domains, and scenarios that have
 * names. */
#include "apics.h"
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
    static const struct role roles[] = {
        {"wild", 2, wild, NULL},           {"freer", 1, freer, NULL},   {"mapper", 2, mapper, NULL},
        {"destroyer", 1, destroyer, NULL}, {"thief", 1, thief, NULL},   {"offliner", 1, offliner, (void *)40},
        {"scrubber", 1, scrubber, NULL},   {"reader", 1, reader, NULL}, {"checker", 1, checker, NULL},
    };

    slots_open(NR_PLACES, pages);
    for (unsigned int i = 0; i < NR_BUILDERS; i++)
        crew_add("builder", builder, slot_at(i));
    crew_add_roles(roles, ARRAY_SIZE(roles));
    crew_run("functions of mm/", "soup", milliseconds);
    slots_close();
}

static void soup_calls(unsigned int milliseconds)
{
    static const struct role roles[] = {
        {"wild", 4, call_wild, NULL},
        {"mapper", 2, call_mapper, NULL},
        {"offliner", 1, call_offliner, (void *)40},
        {"page runs", 1, call_runs, NULL},
        {"scrubber", 1, scrubber, NULL},
        {"reader", 1, call_reader, NULL},
        {"snapshots", 1, snapshots, NULL},
    };

    calls_boot(4096); /* large extents have room */
    for (uintptr_t i = 0; i < NR_BUILDERS; i++)
        crew_add("builder", call_builder, (void *)i);
    crew_add_roles(roles, ARRAY_SIZE(roles));
    crew_run("hypercalls", "soup", milliseconds);
    call_soup_end();
    calls_end();
}

/* The same few pages are taken, mapped, freed, marked and brought back all the time. */
static void few_mm(unsigned int milliseconds)
{
    static const unsigned long pages[NR_NODES] = {16, 16, 16};
    static const struct role roles[] = {
        {"taker", 3, taker, NULL},
        {"mapper", 2, mapper, NULL},
        {"offliner", 1, offliner, (void *)1},
    };

    slots_open(NR_PLACES, pages);
    crew_add_roles(roles, ARRAY_SIZE(roles));
    crew_run("functions of mm/", "few pages", milliseconds);
    slots_close();
}

/* So few that each meets each, even on one processor. */
static void few_calls(unsigned int milliseconds)
{
    static const struct role roles[] = {
        {"builder", 1, call_builder, NULL},
        {"wild", 2, call_wild, NULL},
        {"mapper", 1, call_mapper, NULL},
        {"offliner", 1, call_offliner, (void *)1},
    };

    calls_boot(4096);
    crew_add_roles(roles, ARRAY_SIZE(roles));
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
    static const struct role roles[] = {
        {"thief", 3, thief, NULL},
        {"offliner", 1, offliner, (void *)1},
    };

    slots_open(0, pages);
    crew_add_roles(roles, ARRAY_SIZE(roles));
    crew_run("functions of mm/", "taken blocks", milliseconds);
    slots_close();
}

/* Tables are walked while they grow. */
static void maps(const struct level *l UNUSED, unsigned int milliseconds)
{
    calls_boot(4096);
    for (unsigned int i = 0; i < 3; i++)
        crew_add("taker", call_taker, NULL);
    crew_run("hypercalls", "maps", milliseconds);
    call_soup_end();
    calls_end();
}

/* Nothing but references and marks, in the same words. */
static void marked_pages(const struct level *l UNUSED, unsigned int milliseconds)
{
    static const unsigned long pages[NR_NODES] = {16, 16, 16};
    static const struct role roles[] = {
        {"mapper", 2, mapper, NULL},
        {"offliner", 1, offliner, (void *)1},
    };

    slots_open(1, pages);
    box_fill(slot_at(0));
    crew_add_roles(roles, ARRAY_SIZE(roles));
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
    {"grants", guests_grant, 4},
    {"rings", guests_talk, 3},
    {"apics", apics, 3},
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
