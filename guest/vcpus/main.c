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
} topics[] = {
    {"starting", starting},
    {"library", library},
    {"translations", translations},
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

static bool run_case(const struct topic_case *c)
{
    failed = false;
    c->run();
    for (unsigned int i = 1; i < nr_vcpus; i++)
        smp_join(i);
    return !failed;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return argc < 2;
}

/* The topics that the arguments name; all without arguments. */
int main(int argc, char **argv)
{
    unsigned int nr = 0, bad = 0;

    nr_vcpus = smp_vcpus();
    if (nr_vcpus < MIN_VCPUS) {
        printf("vcpus: %u vCPUs, at least %u are needed\n", nr_vcpus, MIN_VCPUS);
        return 1;
    }
    if (argc == 2 && !strcmp(argv[1], "lose"))
        lose_written_page();
    for (unsigned int t = 0; t < NR_TOPICS; t++) {
        if (!is_wanted(topics[t].name, argc, argv))
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
