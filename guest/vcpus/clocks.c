/* SPDX-License-Identifier: MIT */
/* The paravirtual clock: it goes forward, on each vCPU and from one to the other. */
#include "vcpus.h"

#define READINGS 4000U

static struct guest_lock lock;
static uint64_t latest;

static void goes_on(void)
{
    uint64_t start = guest_now();

    expect_less("time", 0, start);
    while (guest_now() < start + MS)
        guest_yield();
}

static void read_alone(void *arg)
{
    uint64_t last = guest_now();

    (void)arg;
    for (unsigned int i = 0; i < READINGS; i++) {
        uint64_t now = guest_now();

        expect_at_least("time after time", now, last);
        last = now;
    }
}

static void forward_on_each(void)
{
    run_everywhere(read_alone, NULL);
}

/* Whoever has the lock reads after all who had it before. */
static void read_in_turn(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < READINGS; i++) {
        guest_lock(&lock);
        uint64_t now = guest_now();

        expect_at_least("time after another vCPU's", now, latest);
        latest = now;
        guest_unlock(&lock);
        if (i % 64 == 0)
            guest_yield();
    }
}

static void forward_across(void)
{
    latest = 0;
    run_everywhere(read_in_turn, NULL);
}

const struct guest_case clocks[] = {
    {"time goes on", goes_on},
    {"it never steps back on a vCPU", forward_on_each},
    {"nor from one vCPU to another", forward_across},
    {0},
};
