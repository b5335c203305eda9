/* SPDX-License-Identifier: MIT */
/* A crew: threads, each a CPU of its own with a seed of its own, that work until they are told to stop. */
#pragma once

#include "types.h"
#include <pthread.h>

struct worker {
    const char *role;
    void (*work)(struct worker *w);
    void *arg;
    unsigned int cpu;
    uint64_t seed, random;
    unsigned long steps, granted, refused; /* what it did; granted and refused as its role counts them */
    bool apart;                            /* never calls crew_meet, crew_round */
    pthread_t thread;
};

/* Before the first crew: every worker's seed follows from this one. */
void crew_seed(uint64_t seed);

/* One worker more. It returns from WORK when crew_goes_on says false. */
struct worker *crew_add(const char *role, void (*work)(struct worker *w), void *arg);

/* Workers of NR roles, so many of each. */
struct role {
    const char *name;
    unsigned int workers;
    void (*work)(struct worker *w);
    void *arg;
};
void crew_add_roles(const struct role *roles, unsigned int nr);

/* Let the crew work for so long, print a line about each, forget it. */
void crew_run(const char *level, const char *what, unsigned int milliseconds);

/* The worker's next step: false when the time is over. */
bool crew_goes_on(struct worker *w);

/* All workers but those apart meet, one of them runs BETWEEN alone, all go on. */
void crew_meet(void (*between)(void));
/* The same, and false when the time is over: BETWEEN has seen the last round, too. */
bool crew_round(struct worker *w, void (*between)(void));

/* Evenly from 0 to N - 1; true once in N times. */
uint64_t pick(struct worker *w, uint64_t n);
bool one_in(struct worker *w, uint64_t n);

/* End the program: what this worker saw is wrong. */
void crew_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
#define expect(cond, fmt, ...)                                                                               \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            crew_fail("%s:%d: " fmt " (%s)", __FILE__, __LINE__, ##__VA_ARGS__, #cond);                      \
    } while (0)

/* Sometimes give the CPU away or sleep for some microseconds, so that others come in between. */
void perturb(void);
