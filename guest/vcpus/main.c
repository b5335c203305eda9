/* SPDX-License-Identifier: MIT */
/* A guest that checks in TAP what its vCPUs, their events, timers and clocks do. It needs four vCPUs. */
#include "vcpus.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

#define MIN_VCPUS 4U

static const struct {
    const char *name;
    const struct topic_case *cases;
    bool special; /* runs only when it is named */
} topics[] = {
    {"starting", starting, false}, /* first: no other vCPU has run */
    {"info", info, true},          /* before any vCPU has registered its own */
    {"translations", translations, false},
    {"library", library, false},
    {"clocks", clocks, false},
    {"runstates", runstates, false},
    {"ports", ports, false},
    {"delivery", delivery, false},
    {"waiting", waiting, false},
    {"timers", timers, false},
    {"peer", peer, true},         /* with a second domain */
    {"affinity", affinity, true}, /* with privilege */
    {"fairness", fairness, true}, /* with more vCPUs than CPUs */
};
#define NR_TOPICS (sizeof(topics) / sizeof(topics[0]))

unsigned int nr_vcpus;

static bool failed; /* the case that runs */

void expect_equal(const char *what, int64_t seen, int64_t expected)
{
    if (seen == expected)
        return;
    printf("# vCPU %u: %s: expected %ld, seen %ld\n", smp_id(), what, expected, seen);
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
}

void expect_less(const char *what, uint64_t seen, uint64_t below)
{
    if (seen < below)
        return;
    printf("# vCPU %u: %s: expected less than %lu, seen %lu\n", smp_id(), what, below, seen);
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
}

void expect_at_least(const char *what, uint64_t seen, uint64_t least)
{
    if (seen >= least)
        return;
    printf("# vCPU %u: %s: expected at least %lu, seen %lu\n", smp_id(), what, least, seen);
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
}

void expect_error(const char *what, int rc, int error)
{
    int seen = errno;

    expect_equal(what, rc, -1);
    if (rc == -1)
        expect_equal(what, seen, error);
}

int64_t vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return xen_hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, (uintptr_t)arg, 0, 0);
}

int64_t sched_op(unsigned int cmd, void *arg)
{
    return xen_hypercall(__HYPERVISOR_sched_op, cmd, (uintptr_t)arg, 0, 0, 0);
}

void run_everywhere(void (*entry)(void *), void *arg)
{
    expect_equal("all vCPUs start", smp_run(nr_vcpus, entry, arg), 0);
}

void run_on(unsigned int vcpu, void (*entry)(void *), void *arg)
{
    expect_equal("a vCPU starts", smp_start(vcpu, entry, arg), 0);
}

void events_here(void)
{
    expect_equal("events_start", events_start(), 0);
    interrupts_on();
    guest_yield();
    interrupts_off();
}

void halt_until(bool (*is_so)(void))
{
    while (!is_so()) {
        guest_halt();
        interrupts_off();
    }
}

void pass_time(uint64_t ns)
{
    uint64_t end = guest_now() + ns;

    while (guest_now() < end)
        guest_poll(NULL, 0, end);
}

static bool run_case(const struct topic_case *c)
{
    failed = false;
    c->run();
    for (unsigned int i = 1; i < nr_vcpus; i++)
        smp_join(i);
    return !failed;
}

static bool is_wanted(unsigned int topic, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], topics[topic].name))
            return true;
    return argc < 2 && !topics[topic].special;
}

/* The topics that the arguments name; without arguments all that need nothing special. */
int main(int argc, char **argv)
{
    unsigned int nr = 0, bad = 0;

    if (argc == 2 && !strcmp(argv[1], "other"))
        return peer_main();
    nr_vcpus = smp_vcpus();
    if (nr_vcpus < MIN_VCPUS) {
        printf("vcpus: %u vCPUs, at least %u are needed\n", nr_vcpus, MIN_VCPUS);
        return 1;
    }
    if (argc == 2 && !strcmp(argv[1], "lose"))
        lose_written_page();
    for (unsigned int t = 0; t < NR_TOPICS; t++) {
        if (!is_wanted(t, argc, argv))
            continue;
        for (const struct topic_case *c = topics[t].cases; c->title; c++) {
            bool good = run_case(c);

            printf("%sok %u - %s: %s\n", good ? "" : "not ", ++nr, topics[t].name, c->title);
            bad += !good;
        }
    }
    printf("1..%u\n", nr);
    return bad != 0;
}
