/* SPDX-License-Identifier: MIT */
/* All sequences of operations up to a depth, and all races from the states up to another: usage in the text
 * below. */
#include "machine.h"
#include "points.h"
#include "report.h"
#include "search.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s DEPTH RACE_DEPTH\n", argv[0]);
        return 2;
    }
    report_signals();
    world_create();
    points_init();
    search_start();
    points_watch(true);
    search_all((unsigned int)atoi(argv[1]), (unsigned int)atoi(argv[2]));
    printf("HOLDS %u states, %lu transitions, %lu races\n", search->nr, search->transitions, search->races);
    return 0;
}
