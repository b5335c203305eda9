/* SPDX-License-Identifier: MIT */
/* A guest that visits the corners of its machine and checks that each is as on a real CPU, in TAP. It must
 * end well; what must end in a crash is guest/rogue's part. */
#include "corners.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const struct corner *cases; /* up to one without a title */
} topics[] = {
    {"fresh", fresh}, /* first: nothing has been used yet */
    {"arguments", arguments}, {"tables", tables}, {"instructions", instructions}, {"registers", registers},
    {"msrs", msrs},           {"ports", ports},   {"addresses", nobodys},         {"exceptions", exceptions},
    {"steps", steps},         {"user", user},     {"interrupts", interrupts_in}, /* last */
};
#define NR_TOPICS (sizeof(topics) / sizeof(topics[0]))

static bool failed; /* the case that runs */

void expect_equal(const char *what, uint64_t seen, uint64_t expected)
{
    if (seen == expected)
        return;
    printf("# %s: expected %#lx, seen %#lx\n", what, expected, seen);
    failed = true;
}

static void check_trap(const struct corner *c, int vector)
{
    expect_equal("exception", (uint64_t)vector, (uint64_t)c->vector);
    if (vector == NO_TRAP || failed)
        return;
    expect_equal("error code", trap.error, c->error);
    expect_equal("rip", trap.rip, trap_mark);
}

static bool run_case(const struct corner *c)
{
    failed = false;
    if (c->run)
        c->run();
    else
        check_trap(c, trap_catch(c->code));
    return !failed;
}

static unsigned int count_cases(void)
{
    unsigned int nr = 0;

    for (unsigned int t = 0; t < NR_TOPICS; t++)
        for (const struct corner *c = topics[t].cases; c->title; c++)
            nr++;
    return nr;
}

static int run_all(void)
{
    unsigned int nr = 0, bad = 0;

    printf("1..%u\n", count_cases());
    for (unsigned int t = 0; t < NR_TOPICS; t++)
        for (const struct corner *c = topics[t].cases; c->title; c++) {
            bool good = run_case(c);

            printf("%sok %u - %s: %s\n", good ? "" : "not ", ++nr, topics[t].name, c->title);
            bad += !good;
        }
    return bad != 0;
}

int main(int argc, char **argv)
{
    unsigned int seed = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 0) : 0;

    trap_init();
    if (argc < 2)
        return run_all();
    if (!strcmp(argv[1], "exits"))
        return check_exits();
    if (!strcmp(argv[1], "keep"))
        return keep_state(seed);
    if (!strcmp(argv[1], "noise"))
        execute_noise(seed);
    printf("corners: no argument, exits, keep NUMBER or noise NUMBER\n");
    return 1;
}
