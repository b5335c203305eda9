/* SPDX-License-Identifier: MIT */
/* One line for each check, and the children's talk with the judge. */
#include "isolation.h"
#include <stdio.h>
#include <stdlib.h>

static unsigned int nr_tests;
static bool failed;

void tap_equal(const char *what, int64_t expected, int64_t seen)
{
    bool good = expected == seen;

    printf("%sok %u - %s\n", good ? "" : "not ", ++nr_tests, what);
    if (!good)
        printf("# expected %ld, seen %ld\n", expected, seen);
    failed |= !good;
}

int tap_end(void)
{
    printf("1..%u\n", nr_tests);
    return failed;
}

void stage_reached(uint64_t stage)
{
    if (xc_hvm_param_set(NULL, DOMID_SELF, STAGE_PARAM, stage))
        abort();
}

void wait_for_word(uint64_t word)
{
    uint64_t seen = 0;

    while (xc_hvm_param_get(NULL, DOMID_SELF, WORD_PARAM, &seen) == 0 && seen < word)
        guest_block();
}
