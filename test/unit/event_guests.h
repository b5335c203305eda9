/* SPDX-License-Identifier: MIT */
/* For tests of event channels: two guests, and a domain with privilege. */
#pragma once

#include "event_test.h"

#define NOBODY 30009
#define A      (a->domain->domid)
#define B      (b->domain->domid)

static struct vcpu *control, *a, *b;

static inline int setup_guests(void **state)
{
    setup(state);
    control = caller;
    a = new_guest(MAX_TEST_VCPUS, UINT32_MAX);
    b = new_guest(1, UINT32_MAX);
    as(a);
    return 0;
}

/* A's port waits for B, which connects: returns B's. */
static inline int64_t connect_b(int64_t port)
{
    int64_t local;

    as(b);
    local = bind_interdomain(A, port);
    assert_true(local > 0);
    as(a);
    return local;
}
