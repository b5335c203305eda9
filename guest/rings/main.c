/* SPDX-License-Identifier: MIT */
/* A guest that checks in TAP what the hypervisor does at the other end of its rings. Results go by
 * console_io, so that they come out whatever becomes of the rings. */
#include "rings.h"

static const struct {
    const char *name;
    const struct ring_case *cases;
    bool privileged; /* only when it is named */
} topics[] = {
    {"console", console_cases, false},
    {"own", own_cases, false},
    {"store", store_cases, false},
    {"target", target_cases, true},
};
#define NR_TOPICS (sizeof(topics) / sizeof(topics[0]))

static bool failed; /* the case that runs */

void expect_equal(const char *what, int64_t seen, int64_t expected)
{
    if (seen == expected)
        return;
    printf("# %s: expected %ld, seen %ld\n", what, expected, seen);
    failed = true;
}

void *ring_find(uint32_t pfn_param, uint32_t evtchn_param, evtchn_port_t *port)
{
    uint64_t pfn, evtchn;

    if (xc_hvm_param_get(NULL, DOMID_SELF, pfn_param, &pfn) ||
        xc_hvm_param_get(NULL, DOMID_SELF, evtchn_param, &evtchn) || !pfn || !evtchn)
        return NULL;
    *port = (evtchn_port_t)evtchn;
    return (void *)(uintptr_t)(pfn << PAGE_SHIFT);
}

bool ring_wait(evtchn_port_t port)
{
    const uint64_t end = guest_now() + 1000000000;

    while (!event_is_pending(port) && guest_now() < end)
        guest_poll(&port, 1, end);
    return event_clear(port);
}

static bool is_asked(unsigned int topic, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], topics[topic].name))
            return true;
    return argc < 2 && !topics[topic].privileged;
}

/* Those that are named, or all. */
static int check(int argc, char **argv)
{
    unsigned int nr = 0, bad = 0;

    for (unsigned int t = 0; t < NR_TOPICS; t++)
        for (const struct ring_case *c = topics[t].cases; is_asked(t, argc, argv) && c->title; c++) {
            failed = false;
            c->run();
            printf("%sok %u - %s: %s\n", failed ? "not " : "", ++nr, topics[t].name, c->title);
            bad += failed;
        }
    printf("1..%u\n", nr);
    return bad != 0;
}

int main(int argc, char **argv)
{
    if (events_start())
        return 1;
    return argc > 1 && !strcmp(argv[1], "echo") ? console_echo() : check(argc, argv);
}
