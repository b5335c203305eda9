/* SPDX-License-Identifier: MIT */
/* The command line, and the storms one after the other.
 *
 * seed=N storms=N domains=N claims=on|off|both|any evacuate=yes|no|any warm detail
 * any: the seed of each storm decides. both: each storm without claims, then with. warm: one more before the
 * first that is not reported, so that the first finds a machine that was used before. */
#include "storm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

xc_interface *xch;

static struct storm storm;
static struct machine machine;

static uint64_t ticks(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return (uint64_t)hi << 32 | lo;
}

/* The value of NAME=VALUE among the words; NULL: it is not there. */
static const char *option(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], name, len) && (argv[i][len] == '=' || !argv[i][len]))
            return argv[i] + len + (argv[i][len] == '=');
    return NULL;
}

static uint64_t number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    const char *value = option(argc, argv, name);

    return value ? strtoull(value, NULL, 0) : otherwise;
}

static bool race_timed(struct storm *s)
{
    uint64_t ns = guest_now(), tsc = ticks();
    bool good = race(s, s->evacuate ? 1U << ARRIVES | 1U << LEAVES : 1U << ARRIVES, s->claims);

    s->ns = guest_now() - ns;
    s->ticks = ticks() - tsc;
    return good;
}

/* Build, look, and destroy what is there when all is well. NULL, or what is not. */
static const char *build_all(struct storm *s)
{
    static const char not_all[] = "not all vCPUs can be started";
    const char *why;

    if (s->evacuate && !race(s, 1U << LEAVES | 1U << STAYS, true))
        return not_all;
    why = judge_domains(s);
    if (why)
        return why;
    if (!race_timed(s))
        return not_all;
    why = judge_domains(s);
    measure(s, &machine);
    return why ? why : judge_pages(s);
}

/* NULL, or what went wrong. */
static const char *play(struct storm *s, bool report)
{
    const char *why = "the domains cannot be planned on this machine";

    if (!plan(s, &machine))
        return why;
    why = build_all(s);
    if (s->detail && report)
        report_storm(s);
    if (!why)
        why = race_to_the_end(s) ? judge_machine(&machine) : "not all vCPUs can be started";
    if (report)
        report_end(s, why);
    return why;
}

/* A storm as the command line wants it. */
static const char *play_seed(uint64_t seed, const char *claims, const char *evacuate, bool report)
{
    const char *why = NULL;

    storm.seed = seed;
    storm.evacuate = !strcmp(evacuate, "yes") || (!strcmp(evacuate, "any") && seed % 3 == 0);
    for (int with = 0; with < 2 && !why; with++) {
        bool wanted = !strcmp(claims, "both") || !strcmp(claims, with ? "on" : "off") ||
                      (!strcmp(claims, "any") && seed / 3 % 2 == (unsigned int)with);

        storm.claims = with;
        storm.nr = storm.domains;
        if (wanted)
            why = play(&storm, report);
    }
    return why;
}

static int play_all(int argc, char **argv)
{
    const char *claims = option(argc, argv, "claims"), *evacuate = option(argc, argv, "evacuate");
    uint64_t seed = number(argc, argv, "seed", 1), storms = number(argc, argv, "storms", 1);
    const char *why = NULL;

    storm.domains = (unsigned int)number(argc, argv, "domains", 24);
    claims = claims ? claims : "both";
    evacuate = evacuate ? evacuate : "no";
    if (storm.domains < 1 || storm.domains > MAX_DOMAINS || !read_machine(&machine))
        return 1;
    report_machine(&machine);
    if (option(argc, argv, "warm"))
        why = play_seed(seed, "off", evacuate, false);
    storm.detail = option(argc, argv, "detail");
    for (uint64_t i = 0; i < storms && !why; i++)
        why = play_seed(seed + i, claims, evacuate, true);
    return why != NULL;
}

int main(int argc, char **argv)
{
    if (option(argc, argv, "child"))
        return child_main();
    xch = xc_interface_open(NULL, NULL, 0);
    return play_all(argc, argv);
}
