/* SPDX-License-Identifier: MIT */
/* A guest that checks its local APIC, in TAP. It needs five vCPUs. */
#include "apic.h"
#include <stdio.h>
#include <string.h>

#define MIN_VCPUS 5U
#define SOON_NS   20000000000UL

static const struct {
    const char *name;
    const struct apic_case *cases; /* up to one without a title */
} topics[] = {
    {"registers", registers}, /* first: as after a reset */
    {"moves", moves},         {"delivery", delivery}, {"timer", timer},
    {"starting", starting},   {"upcalls", upcalls},   {"x2apic", x2apic},
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

void expect_between(const char *what, uint64_t seen, uint64_t least, uint64_t most)
{
    if (seen >= least && seen <= most)
        return;
    printf("# %s: expected %lu to %lu, seen %lu\n", what, least, most, seen);
    failed = true;
}

void expect_soon(const char *what, const volatile uint64_t *seen, uint64_t expected)
{
    uint64_t end = guest_now() + SOON_NS;

    for (unsigned int n = 1; *seen != expected && guest_now() < end; n++)
        smp_wait(n);
    expect_equal(what, *seen, expected);
}

static bool is_wanted(unsigned int t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], topics[t].name))
            return true;
    return argc < 2;
}

static unsigned int play(unsigned int t, unsigned int *nr)
{
    unsigned int bad = 0;

    for (const struct apic_case *c = topics[t].cases; c->title; c++) {
        failed = false;
        c->run();
        printf("%sok %u - %s: %s\n", failed ? "not " : "", ++*nr, topics[t].name, c->title);
        bad += failed;
    }
    return bad;
}

int main(int argc, char **argv)
{
    unsigned int nr = 0, bad = 0;

    if (smp_vcpus() < MIN_VCPUS) {
        printf("%u vCPUs wanted, there are %u\n", MIN_VCPUS, smp_vcpus());
        return 1;
    }
    cpu_init();
    for (unsigned int t = 0; t < NR_TOPICS; t++)
        if (is_wanted(t, argc, argv))
            bad += play(t, &nr);
    printf("1..%u\n", nr);
    return bad != 0;
}
