/* SPDX-License-Identifier: MIT */
/* One line for each check. */
#include "modes.h"
#include <stdio.h>

static unsigned int nr_tests, nr_failed;

void tap_equal(const char *mode, const char *what, long expected, long seen)
{
    nr_tests++;
    if (expected == seen) {
        printf("ok %u - %s: %s\n", nr_tests, mode, what);
        return;
    }
    nr_failed++;
    printf("not ok %u - %s: %s\n# expected %ld, seen %ld\n", nr_tests, mode, what, expected, seen);
}

int tap_end(void)
{
    printf("1..%u\n", nr_tests);
    return (int)nr_failed;
}
