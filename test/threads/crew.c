/* SPDX-License-Identifier: MIT */
/* Starting, ending and pacing threads. */
#include "crew.h"

#include "machine.h"
#include "schedule.h"
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS 32
#define NS_PER_MS   1000000L

static struct worker crew[MAX_WORKERS];
static unsigned int nr_workers;
static uint64_t next_seed;
static bool stopping, round_goes_on;
static pthread_barrier_t meeting;
static _Thread_local struct worker *me;

void crew_seed(uint64_t seed)
{
    next_seed = seed;
}

/* splitmix64: any seed will do. */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

uint64_t pick(struct worker *w, uint64_t n)
{
    return mix(&w->random) % n;
}

bool one_in(struct worker *w, uint64_t n)
{
    return pick(w, n) == 0;
}

void perturb(void)
{
    uint64_t r = me ? pick(me, 256) : 255;

    if (r == 0)
        nanosleep(&(struct timespec){0, (long)pick(me, 50000)}, NULL);
    else if (r < 48)
        sched_yield();
}

void crew_fail(const char *fmt, ...)
{
    va_list args;

    flockfile(stderr); /* the first one ends the program: the others' complaints only follow from it */
    fputs("not ok: ", stderr);
    if (me)
        fprintf(stderr, "%s, seed %#lx, step %lu: ", me->role, me->seed, me->steps);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(1);
}

struct worker *crew_add(const char *role, void (*work)(struct worker *w), void *arg)
{
    struct worker *w = &crew[nr_workers];

    expect(nr_workers < MAX_WORKERS, "more than %d workers", MAX_WORKERS);
    next_seed++;
    *w = (struct worker){.role = role, .work = work, .arg = arg, .cpu = ++nr_workers, .seed = next_seed};
    w->random = w->seed;
    return w;
}

void crew_add_roles(const struct role *roles, unsigned int nr)
{
    for (; nr; nr--, roles++)
        for (unsigned int i = 0; i < roles->workers; i++)
            crew_add(roles->name, roles->work, roles->arg);
}

bool crew_goes_on(struct worker *w)
{
    w->steps++;
    return !__atomic_load_n(&stopping, __ATOMIC_RELAXED);
}

void crew_meet(void (*between)(void))
{
    if (pthread_barrier_wait(&meeting) == PTHREAD_BARRIER_SERIAL_THREAD) {
        between();
        round_goes_on = !__atomic_load_n(&stopping, __ATOMIC_RELAXED);
    }
    pthread_barrier_wait(&meeting);
}

bool crew_round(struct worker *w, void (*between)(void))
{
    crew_meet(between);
    w->steps++;
    return round_goes_on;
}

static void *start(void *arg)
{
    me = arg;
    machine_set_cpu(me->cpu);
    me->work(me);
    return NULL;
}

/* Whom the workers' CPUs ran in an earlier part is gone. Before any of them works: they look at each other's.
 */
static void forget_current(void)
{
    for (unsigned int i = 0; i < nr_workers; i++) {
        machine_set_cpu(crew[i].cpu);
        set_current_vcpu(NULL);
    }
    machine_set_cpu(0);
}

/* The threads, and the place where they meet. */
static void start_all(void)
{
    unsigned int nr_meeting = 0;

    forget_current();
    for (unsigned int i = 0; i < nr_workers; i++)
        nr_meeting += !crew[i].apart;
    __atomic_store_n(&stopping, false, __ATOMIC_RELAXED);
    pthread_barrier_init(&meeting, NULL, MAX(nr_meeting, 1U));
    for (unsigned int i = 0; i < nr_workers; i++)
        expect(!pthread_create(&crew[i].thread, NULL, start, &crew[i]), "thread %u does not start", i);
}

void crew_run(const char *level, const char *what, unsigned int milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * NS_PER_MS};

    printf("== %s, %s: %u threads, %u ms\n", what, level, nr_workers, milliseconds);
    fflush(stdout);
    start_all();
    nanosleep(&time, NULL);
    __atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
    for (unsigned int i = 0; i < nr_workers; i++) {
        const struct worker *w = &crew[i];

        pthread_join(w->thread, NULL);
        printf("   %-10s CPU %2u seed %#lx: %7lu steps, %7lu granted, %7lu refused\n", w->role, w->cpu,
               w->seed, w->steps, w->granted, w->refused);
    }
    pthread_barrier_destroy(&meeting);
    nr_workers = 0;
}
