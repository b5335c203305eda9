/* SPDX-License-Identifier: MIT */
/* A guest that checks in TAP what its vCPUs, their events, timers and clocks do. It needs four vCPUs. */
#include "vcpus.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

#define MIN_VCPUS 4U

static const struct guest_topic topics[] = {
    {"starting", starting, false}, /* first: no other vCPU has run */
    {"info", info, true},          /* before any vCPU has registered its own */
    {"translations", translations, false},
    {"exceptions", exceptions, false},
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
    {NULL, NULL, false},
};

unsigned int nr_vcpus;

void expect_less(const char *what, uint64_t seen, uint64_t below)
{
    if (seen >= below)
        case_fail("%s: expected less than %lu, seen %lu", what, below, seen);
}

void expect_at_least(const char *what, uint64_t seen, uint64_t least)
{
    if (seen < least)
        case_fail("%s: expected at least %lu, seen %lu", what, least, seen);
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

static void join_all(void)
{
    for (unsigned int i = 1; i < nr_vcpus; i++)
        smp_join(i);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "other"))
        return peer_main();
    nr_vcpus = smp_vcpus();
    if (nr_vcpus < MIN_VCPUS) {
        printf("vcpus: %u vCPUs, at least %u are needed\n", nr_vcpus, MIN_VCPUS);
        return 1;
    }
    if (argc == 2 && !strcmp(argv[1], "lose"))
        lose_written_page();
    return cases_play(topics, argc, argv, join_all);
}
