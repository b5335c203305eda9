/* SPDX-License-Identifier: MIT */
/* Where vCPUs may and should run, and the nodes that follow from it for their domain's memory. */
#pragma once

#include "domain.h"

/* Set both affinities of V, at once: it leaves a CPU outside the hard one, within an interrupt's time when it
 * runs. At least one CPU of HARD is online. */
void vcpu_set_affinity(struct vcpu *v, const struct cpumask *hard, const struct cpumask *soft)
    REQUIRES(v->domain->domctl_lock);

/* After changes of vCPUs' affinities, unless a builder has set d's node affinity: the nodes of the CPUs that
 * its vCPUs may run on, of those in their soft affinities if there are any (Xen's
 * domain_update_node_affinity). While no vCPU is restricted, or there is none, all nodes: those without CPUs,
 * too, which Xen leaves out. */
void domain_update_node_affinity(struct domain *d) REQUIRES(d->domctl_lock);
