/* SPDX-License-Identifier: MIT */
/* Which cases, and the report in TAP. The command line: [CASE...] [seed=N] [rounds=N] [times=N]; all cases
 * when none is named, N times their own number of rounds when none is given. The case "share" is for two
 * privileged domains that run it together, one of them with the word `second`. */
#include "race.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct race_case *const cases[] = {
    &case_eight,     &case_all,   &case_replace, &case_destroy, &case_populate, &case_maxmem, &case_offline,
    &case_snapshots, &case_storm, &case_target,  &case_own,     &case_pause,    &case_updown, &case_events,
};

static const struct race_case *find_case(const char *name)
{
    if (!strcmp(name, case_share.name))
        return &case_share;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
        if (!strcmp(name, cases[i]->name))
            return cases[i];
    return NULL;
}

static bool run(unsigned int nr, const struct race_case *c, uint64_t seed, unsigned int rounds)
{
    bool good = crew_run(c, seed, rounds);

    printf("%sok %u - %s: %s\n", good ? "" : "not ", nr, c->name, c->what);
    if (!good)
        printf("# again: make race CASE=%s SEED=%lu ROUNDS=%u\n", c->name, seed, rounds);
    return good;
}

/* Who reads the report sees what was checked, and whether anything has run in parallel. */
static void print_circumstances(void)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);
    xc_vcpuinfo_t info;

    print_build(xch);
    printf("# vCPUs were on CPUs");
    for (unsigned int i = 0; i < smp_vcpus(); i++)
        if (xc_vcpu_getinfo(xch, share_is_second, i, &info) == 0)
            printf(" %u", info.cpu);
    printf("\n");
    xc_interface_close(xch);
}

int main(int argc, char **argv)
{
    const struct race_case *chosen[32];
    unsigned int nr = 0, rounds = 0, times = 1;
    uint64_t seed = 1;
    bool good = true;

    if (argc > 2 && !strcmp(argv[1], "child"))
        return child(argv[2]);
    for (int i = 1; i < argc && nr < ARRAY_SIZE(chosen); i++) {
        if (!strncmp(argv[i], "seed=", 5))
            seed = strtoul(argv[i] + 5, NULL, 0);
        else if (!strncmp(argv[i], "rounds=", 7))
            rounds = (unsigned int)strtoul(argv[i] + 7, NULL, 0);
        else if (!strncmp(argv[i], "times=", 6))
            times = (unsigned int)strtoul(argv[i] + 6, NULL, 0);
        else if (!strcmp(argv[i], "second"))
            share_is_second = true;
        else if (!(chosen[nr++] = find_case(argv[i])))
            return printf("Bail out! no case %s\n", argv[i]);
    }
    if (nr == 0)
        for (; nr < ARRAY_SIZE(cases); nr++)
            chosen[nr] = cases[nr];
    printf("1..%u\n", nr);
    for (unsigned int i = 0; i < nr; i++)
        good &= run(i + 1, chosen[i], seed, rounds ? rounds : times * chosen[i]->rounds);
    print_circumstances();
    return !good;
}
