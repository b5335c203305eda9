/* SPDX-License-Identifier: MIT */
/* The hypercall primitive of the host: straight into the hypervisor's dispatcher. */
#include "host.h"
#include "schedule.h"
#include <xen_hypercall.h>

int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return host_hypercall(current_vcpu(), nr, a1, a2, a3, a4, a5, 0);
}
