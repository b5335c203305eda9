/* SPDX-License-Identifier: MIT */
/* The groups of measurements, and the hypercalls that they share. */
#pragma once

#include "measure.h"
#include <guest.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include <public/claims.h>

/* Exits of calls, instructions, ports, MSRs. Last: interrupts are pending then. */
void bench_exits(void);
/* Short calls, claims. */
void bench_calls(void);
/* Memory: populate, release, destroy, at each order. LARGE: 1 GiB blocks, too. Dirty first: all memory is
 * dirty until the CPU has been idle. */
void bench_dirty_memory(bool large);
void bench_clean_memory(bool large);

/* A domain without vCPUs, with room for 2 GiB and a paging pool for as much; and its end. */
domid_t domain_new(void);
void domain_end(domid_t domid);
/* A domctl without arguments, or whose arguments are in OP. */
int64_t domctl(struct xen_domctl *op, uint32_t cmd, domid_t domid);
/* Install a claim set; 0 pages on one node releases it. */
int64_t claim_set(domid_t domid, memory_claim_t *entries, uint32_t nr);
