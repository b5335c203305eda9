/* SPDX-License-Identifier: MIT */
/* Event channels of any domain, for its builder. */
#include "xc_private.h"

static int event_op(xc_interface *xch, uint32_t cmd, void *arg)
{
    return (int)xc_call(xch, "event_channel_op", cmd, __HYPERVISOR_event_channel_op, cmd, (uintptr_t)arg);
}

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom, uint32_t remote_dom)
{
    struct evtchn_alloc_unbound arg = {.dom = (domid_t)dom, .remote_dom = (domid_t)remote_dom};

    return event_op(xch, EVTCHNOP_alloc_unbound, &arg) ? -1 : (int)arg.port;
}

int xc_evtchn_reset(xc_interface *xch, uint32_t dom)
{
    struct evtchn_reset arg = {.dom = (domid_t)dom};

    return event_op(xch, EVTCHNOP_reset, &arg);
}

int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
    return event_op(xch, EVTCHNOP_status, status);
}
