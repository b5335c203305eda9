/* SPDX-License-Identifier: MIT */
/* For tests of the scheduler: the domain whose end is the machine's, and the end of all. */
#pragma once

#include "domain.h"

#define MS 1000000UL

static struct domain *ender; /* a boot domain whose end ends sched_run */

static inline void create_ender(void)
{
    assert_int_equal(domain_create(0, 1, &ender), 0);
    domain_set_boot(ender);
}

/* Every reference is the creator's. */
static inline void destroy_domains(void)
{
    for (struct domain *d = domain_get_next(0); d; d = domain_get_next(0)) {
        spin_lock(&d->domctl_lock);
        assert_int_equal(domain_kill(d), 0);
        spin_unlock(&d->domctl_lock);
        domain_put(d);
        domain_put(d);
    }
}
