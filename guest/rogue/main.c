/* SPDX-License-Identifier: MIT */
/* A guest that misbehaves in the way its command line names, and one that only counts: for the tests. */
#include "rogue.h"
#include <stdio.h>
#include <string.h>

#define SLICES_OF_WORK 200000000UL /* enough to be preempted several times */

static int count(void)
{
    for (volatile unsigned long i = 0; i < SLICES_OF_WORK; i++)
        ;
    printf("counted to the end\n");
    return 0;
}

static const struct deed harmless[] = {{"count", count}, {"modes", leave_modes}, {NULL, NULL}};

static const struct deed *find(const char *name)
{
    static const struct deed *const lists[] = {harmless, crashes, loops};

    for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (const struct deed *d = lists[i]; d->name; d++)
            if (!strcmp(d->name, name))
                return d;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct deed *d = argc > 1 ? find(argv[1]) : crashes;

    if (!d) {
        printf("rogue: nothing of the name %s to do\n", argv[1]);
        return 1;
    }
    return d->run();
}
