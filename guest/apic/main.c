/* SPDX-License-Identifier: MIT */
/* A guest that checks its local APIC, in TAP. It needs five vCPUs. */
#include "apic.h"
#include <stdio.h>

#define MIN_VCPUS 5U
#define SOON_NS   20000000000UL

static const struct guest_topic topics[] = {
    {"registers", registers, false}, /* first: as after a reset */
    {"moves", moves, false},
    {"delivery", delivery, false},
    {"timer", timer, false},
    {"starting", starting, false},
    {"upcalls", upcalls, false},
    {"x2apic", x2apic, false},
    {NULL, NULL, false},
};

void expect_between(const char *what, uint64_t seen, uint64_t least, uint64_t most)
{
    if (seen < least || seen > most)
        case_fail("%s: expected %lu to %lu, seen %lu", what, least, most, seen);
}

void expect_soon(const char *what, const volatile uint64_t *seen, uint64_t expected)
{
    uint64_t end = guest_now() + SOON_NS;

    for (unsigned int n = 1; *seen != expected && guest_now() < end; n++)
        smp_wait(n);
    expect_equal(what, *seen, expected);
}

int main(int argc, char **argv)
{
    if (smp_vcpus() < MIN_VCPUS) {
        printf("%u vCPUs wanted, there are %u\n", MIN_VCPUS, smp_vcpus());
        return 1;
    }
    cpu_init();
    return cases_play(topics, argc, argv, NULL);
}
