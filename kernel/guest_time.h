/* SPDX-License-Identifier: MIT */
/* The clocks that guests read: system time by the TSC (pvclock, xen/xen.h: struct vcpu_time_info) and the
 * wall clock in shared info. Both are constants of the machine: the guest computes from the TSC what arch_now
 * says. */
#pragma once

#include "domain.h"

/* The firmware's clock at system time 0, in seconds since 1970; 0: there is none. Called once at boot. */
void guest_time_init(uint64_t epoch);

/* The time part of the vcpu_info at INFO. */
void guest_time_fill(uint8_t *info);

/* D's wall clock at system time 0 with its time offset, into its shared info page, which there is. */
void guest_time_update_wallclock(struct domain *d) REQUIRES(d->events.lock);
/* XEN_DOMCTL_settimeoffset: seconds. */
void guest_time_set_offset(struct domain *d, int64_t offset);
