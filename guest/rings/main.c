/* SPDX-License-Identifier: MIT */
/* A guest that checks in TAP what the hypervisor does at the other end of its rings. Results go by
 * console_io, so that they come out whatever becomes of the rings. */
#include "rings.h"

static const struct guest_topic topics[] = {
    {"console", console_cases, false},
    {"own", own_cases, false},
    {"store", store_cases, false},
    {"target", target_cases, true}, /* with privilege */
    {NULL, NULL, false},
};

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

int main(int argc, char **argv)
{
    if (events_start())
        return 1;
    return argc > 1 && !strcmp(argv[1], "echo") ? console_echo() : cases_play(topics, argc, argv, NULL);
}
