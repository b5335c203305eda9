/* SPDX-License-Identifier: MIT */
/* Racers: vCPUs that meet, race, and say what was wrong. */
#include "race.h"
#include <errno.h>
#include <guest_random.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMPLAINTS 8U

static struct racer racers[MAX_RACERS];
static const struct race_case *current;
static unsigned int nr_rounds, complaints;
static bool failed;
static unsigned int builders_left; /* in this round: crew_build */
static struct smp_barrier meeting;
static struct guest_lock complaint_lock;

uint64_t pick(struct racer *r, uint64_t n)
{
    return random_next(&r->random) % n;
}

bool one_in(struct racer *r, uint64_t n)
{
    return pick(r, n) == 0;
}

void perturb(struct racer *r)
{
    if (one_in(r, 16))
        guest_yield();
    else if (one_in(r, 4))
        for (uint64_t i = pick(r, 200); i; i--)
            smp_pause();
}

bool crew_failed(void)
{
    return __atomic_load_n(&failed, __ATOMIC_RELAXED);
}

void crew_fail(const struct racer *r, const char *fmt, ...)
{
    char text[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    guest_lock(&complaint_lock);
    if (complaints++ < MAX_COMPLAINTS)
        printf("# %s, racer %u, round %u: %s\n", current->name, r->id, r->round, text);
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    guest_unlock(&complaint_lock);
}

void crew_equal(const struct racer *r, const char *what, int64_t expected, int64_t seen)
{
    if (expected != seen)
        crew_fail(r, "%s: expected %ld, seen %ld", what, expected, seen);
}

void crew_at_least(const struct racer *r, const char *what, int64_t expected, int64_t seen)
{
    if (seen < expected)
        crew_fail(r, "%s: expected %ld at least, seen %ld", what, expected, seen);
}

void crew_at_most(const struct racer *r, const char *what, int64_t expected, int64_t seen)
{
    if (seen > expected)
        crew_fail(r, "%s: expected %ld at most, seen %ld", what, expected, seen);
}

void crew_one_of(const struct racer *r, const char *what, int rc, const int *allowed)
{
    if (rc == 0)
        return;
    for (; *allowed; allowed++)
        if (rc == -*allowed)
            return;
    crew_fail(r, "%s: error %d is none that may be", what, -rc);
}

void crew_meet(struct racer *r, void (*between)(struct racer *r))
{
    smp_barrier_wait(&meeting);
    if (r->id == 0 && between)
        between(r);
    smp_barrier_wait(&meeting);
}

void crew_build(struct racer *r, unsigned int builds, void (*build)(struct racer *r),
                void (*disturb)(struct racer *r))
{
    if (r->id == current->racers - 1) {
        while (__atomic_load_n(&builders_left, __ATOMIC_RELAXED) && !crew_failed())
            disturb(r);
        return;
    }
    for (unsigned int i = 0; i < builds && !crew_failed(); i++)
        build(r);
    __atomic_sub_fetch(&builders_left, 1, __ATOMIC_RELAXED);
}

static struct memory before_round;

static void prepare_round(struct racer *r)
{
    before_round = memory_now(r);
    builders_left = current->racers - 1;
    if (current->prepare)
        current->prepare(r);
}

static void check_round(struct racer *r)
{
    if (current->check)
        current->check(r);
    expect_invariants(r);
    if (!current->changes_memory)
        expect_same_memory(r, "after the round", &before_round);
    else
        memory_now(r);
}

static void run_rounds(void *arg)
{
    struct racer *r = arg;

    for (r->round = 0; r->round < nr_rounds && !crew_failed(); r->round++) {
        crew_meet(r, prepare_round);
        current->race(r);
        crew_meet(r, check_round); /* all see the same crew_failed behind it */
    }
}

static bool open_racers(unsigned int nr, uint64_t seed)
{
    for (unsigned int i = 0; i < nr; i++) {
        struct racer *r = &racers[i];

        r->id = i;
        r->random = seed * MAX_RACERS + i;
        if (!r->xch)
            r->xch = xc_interface_open(NULL, NULL, 0);
        if (!r->xch)
            return false;
    }
    return true;
}

static void race(struct racer *r)
{
    smp_barrier_init(&meeting, current->racers);
    for (unsigned int i = 1; i < current->racers; i++)
        if (smp_start(i, run_rounds, &racers[i])) {
            crew_fail(r, "vCPU %u does not start: errno %d", i, errno);
            abort(); /* the others wait for it */
        }
    run_rounds(r);
    for (unsigned int i = 1; i < current->racers; i++)
        smp_join(i);
}

bool crew_run(const struct race_case *c, uint64_t seed, unsigned int rounds)
{
    struct memory before;

    current = c;
    nr_rounds = rounds;
    failed = false;
    complaints = 0;
    if (c->racers > smp_vcpus() || !open_racers(c->racers, seed)) {
        printf("# %s needs %u vCPUs, there are %u\n", c->name, c->racers, smp_vcpus());
        return false;
    }
    before = memory_now(&racers[0]);
    c->setup(&racers[0]);
    if (!crew_failed())
        race(&racers[0]);
    c->finish(&racers[0]);
    expect_same_memory(&racers[0], "at the end", &before);
    return !crew_failed();
}
