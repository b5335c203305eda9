/* SPDX-License-Identifier: MIT */
/* Virtual NUMA nodes of a domain. */
#pragma once

#include "domain.h"

/* The node that a virtual node of the domain lies on; NUMA_NO_NODE for a domain without virtual nodes. False:
 * it has some, but not this one. Takes domctl_lock. */
bool vnuma_find_node(struct domain *d, unsigned int vnode, nodeid_t *node);
