/* SPDX-License-Identifier: MIT */
/* Events to a domain that is being destroyed. */
#include "race.h"
#include <errno.h>

#define RACERS 4U
#define SENDS  20U

static uint32_t victim;

static void nothing(struct racer *r)
{
    (void)r;
}

static void prepare(struct racer *r)
{
    victim = domain_new(r, 16);
    if (xc_domain_max_vcpus(r->xch, victim, 1))
        crew_fail(r, "max_vcpus: errno %d", errno);
}

static int event_op(unsigned int cmd, void *arg)
{
    return (int)xen_hypercall(__HYPERVISOR_event_channel_op, cmd, (uintptr_t)arg, 0, 0, 0);
}

/* A port of the victim's for this domain, bound to one here: ESRCH from when it is gone. */
static int connect(struct racer *r, evtchn_port_t *local)
{
    struct evtchn_alloc_unbound there = {.dom = (domid_t)victim, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain here = {.remote_dom = (domid_t)victim};
    int rc = event_op(EVTCHNOP_alloc_unbound, &there);

    crew_one_of(r, "alloc_unbound", rc, ONE_OF(ESRCH, EINVAL, ENOSPC, ENOMEM));
    here.remote_port = there.port;
    if (rc == 0)
        rc = event_op(EVTCHNOP_bind_interdomain, &here);
    crew_one_of(r, "bind_interdomain", rc, ONE_OF(ESRCH, EINVAL, ENOSPC, ENOMEM));
    *local = here.local_port;
    return rc;
}

static int send_some(struct racer *r)
{
    struct evtchn_close close = {0};
    int rc = connect(r, &close.port);

    if (rc)
        return rc;
    for (uint64_t i = pick(r, SENDS); i; i--) {
        struct evtchn_send send = {.port = close.port};

        crew_one_of(r, "send", event_op(EVTCHNOP_send, &send),
                    ONE_OF(EINVAL)); /* unbound when the other died */
        perturb(r);
    }
    crew_equal(r, "close", 0, event_op(EVTCHNOP_close, &close));
    return 0;
}

static void race(struct racer *r)
{
    if (r->id) {
        while (send_some(r) == 0 && !crew_failed())
            ;
        return;
    }
    for (uint64_t i = pick(r, 50); i; i--)
        perturb(r);
    domain_end(r, victim);
}

const struct race_case case_events = {
    "events", "events are sent to a domain, through channels that come and go, while it is destroyed",
    RACERS,   300,
    nothing,  prepare,
    race,     NULL,
    nothing,  false,
};
