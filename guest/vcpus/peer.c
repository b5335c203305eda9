/* SPDX-License-Identifier: MIT */
/* Events between two domains: domain 0 checks, the other one (argument `other`) answers. */
#include "vcpus.h"
#include <errno.h>
#include <stdio.h>

#define OTHER  1
#define ROUNDS 1000U
#define PORTS  8U /* of the other domain, of which one is looked for */
#define WAIT   (10 * MS)

static evtchn_port_t port;
static unsigned int count;

static bool all_rounds(void)
{
    return __atomic_load_n(&count, __ATOMIC_ACQUIRE) >= ROUNDS;
}

static void answer(evtchn_port_t p, void *arg)
{
    (void)arg;
    __atomic_add_fetch(&count, 1, __ATOMIC_RELEASE);
    event_send(p);
}

/* It makes one port, behind those of its rings. Domain 0 closes first. */
int peer_main(void)
{
    struct evtchn_status s = {.dom = DOMID_SELF};

    if (events_start() || (int)(port = (evtchn_port_t)event_alloc_unbound(DOMID_SELF, 0)) < 0)
        return 1;
    event_set_handler(port, answer, NULL);
    event_unmask(port);
    s.port = port;
    halt_until(all_rounds);
    interrupts_on();
    while (!event_status(&s) && s.status == EVTCHNSTAT_interdomain)
        pass_time(WAIT);
    printf("answered %u, then its port was %u\n", count, s.status);
    return count != ROUNDS || s.status != EVTCHNSTAT_unbound;
}

/* Until the other domain has made its port. Returns which that is. */
static evtchn_port_t connect(void)
{
    evtchn_port_t theirs = 1;
    int mine;

    while ((mine = event_bind_interdomain(OTHER, theirs)) < 0 && (errno == EINVAL || errno == ESRCH)) {
        theirs = theirs % PORTS + 1;
        pass_time(theirs == 1 ? WAIT : 0);
    }
    expect_less("a port", (uint64_t)mine, EVENT_PORTS);
    port = (evtchn_port_t)mine;
    event_clear(port);
    return theirs;
}

static void throw_back(evtchn_port_t p, void *arg)
{
    (void)arg;
    if (__atomic_add_fetch(&count, 1, __ATOMIC_RELEASE) < ROUNDS)
        event_send(p);
}

static void to_and_fro(void)
{
    struct evtchn_status s = {.dom = DOMID_SELF};
    evtchn_port_t theirs;

    events_here();
    theirs = connect();
    s.port = port;
    expect_equal("status", event_status(&s), 0);
    expect_equal("it is", s.status, EVTCHNSTAT_interdomain);
    expect_equal("with domain", s.u.interdomain.dom, OTHER);
    expect_error("a third end", event_bind_interdomain(OTHER, theirs), EINVAL);
    event_set_handler(port, throw_back, NULL);
    event_unmask(port);
    event_send(port);
    halt_until(all_rounds);
    expect_equal("events", count, ROUNDS);
    expect_equal("close", event_close(port), 0);
}

static void not_ones_own(void)
{
    struct evtchn_status s = {.dom = OTHER, .port = 1};

    expect_error("the other domain's status", event_status(&s), EPERM);
    expect_error("a port for the other domain", event_alloc_unbound(OTHER, DOMID_SELF), EPERM);
}

const struct guest_case peer[] = {
    {"another domain's ports are its own", not_ones_own},
    {"two domains throw one event to and fro", to_and_fro},
    {0},
};
