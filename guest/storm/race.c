/* SPDX-License-Identifier: MIT */
/* The list of jobs, and the builders that work it off: one on each vCPU. */
#include "storm.h"
#include <stdio.h>

enum job { BUILD, DESTROY };

/* Each domain is in the list once at most. */
static struct {
    struct guest_lock lock;
    struct {
        enum job job;
        unsigned int domain;
    } job[MAX_DOMAINS];
    unsigned int first, nr;
    unsigned int leaving; /* domains that are still to be destroyed */
    struct storm *storm;
    bool claims;
} list;

static void put(enum job job, unsigned int domain)
{
    unsigned int at = (list.first + list.nr++) % MAX_DOMAINS;

    list.job[at].job = job;
    list.job[at].domain = domain;
}

static bool take(enum job *job, unsigned int *domain)
{
    bool found;

    guest_lock(&list.lock);
    found = list.nr;
    if (found) {
        *job = list.job[list.first].job;
        *domain = list.job[list.first].domain;
        list.first = (list.first + 1) % MAX_DOMAINS;
        list.nr--;
    }
    guest_unlock(&list.lock);
    return found;
}

static void note_left(void)
{
    guest_lock(&list.lock);
    if (list.leaving)
        list.leaving--;
    guest_unlock(&list.lock);
}

/* Room may come: try again behind all others. */
static void try_again(unsigned int domain)
{
    guest_lock(&list.lock);
    if (list.leaving) {
        list.storm->domain[domain].state = WAITING;
        put(BUILD, domain);
    }
    guest_unlock(&list.lock);
}

static void work(xc_interface *x, enum job job, unsigned int domain)
{
    struct storm_domain *d = &list.storm->domain[domain];

    if (job == BUILD) {
        if (!storm_build(x, d, domain, list.claims))
            try_again(domain);
        return;
    }
    if (!storm_destroy(x, d))
        printf("s%02u cannot be destroyed\n", domain);
    if (d->role == LEAVES)
        note_left();
}

static void builder(void *unused)
{
    xc_interface *x = xc_interface_open(NULL, NULL, 0);
    unsigned int domain;
    enum job job;

    (void)unused;
    while (take(&job, &domain))
        work(x, job, domain);
    xc_interface_close(x);
}

bool race(struct storm *s, unsigned int roles, bool claims)
{
    bool evacuation = roles & 1U << LEAVES && roles & 1U << ARRIVES;

    list.storm = s;
    list.claims = claims;
    list.leaving = 0;
    for (unsigned int i = 0; i < s->nr; i++) {
        const struct storm_domain *d = &s->domain[i];
        bool leaves = evacuation && d->role == LEAVES && d->state == STARTED;

        list.leaving += leaves;
        if (leaves)
            put(DESTROY, i);
        else if (roles & 1U << d->role && d->state == WAITING)
            put(BUILD, i);
    }
    return smp_run(smp_vcpus(), builder, NULL) == 0;
}

bool race_to_the_end(struct storm *s)
{
    list.storm = s;
    list.leaving = 0;
    for (unsigned int i = 0; i < s->nr; i++)
        if (s->domain[i].state == STARTED)
            put(DESTROY, i);
    return smp_run(smp_vcpus(), builder, NULL) == 0;
}
