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
    {"arguments", arguments},
    {"tables", tables},
    {"instructions", instructions},
    {"registers", registers},
    {"msrs", msrs},
    {"ports", ports},
    {"addresses", nobodys},
    {"exceptions", exceptions},
    {"compatibility mode", compatibility},
    {"page faults", page_faults},
    {"steps", steps},
    {"user", user},
    {"interrupts", interrupts_in}, /* last */
};
#define NR_TOPICS (sizeof(topics) / sizeof(topics[0]))

static void check_trap(const struct corner *c, int vector)
{
    expect_equal("exception", vector, c->vector);
    if (vector == NO_TRAP || vector != c->vector)
        return;
    expect_equal("error code", trap.error, c->error);
    expect_equal("rip", trap.rip, trap_mark);
}

static int run_all(void)
{
    for (unsigned int t = 0; t < NR_TOPICS; t++)
        for (const struct corner *c = topics[t].cases; c->title; c++) {
            if (c->run)
                c->run();
            else
                check_trap(c, trap_catch(c->code));
            case_end(topics[t].name, c->title);
        }
    return cases_end();
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
