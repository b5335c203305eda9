/* SPDX-License-Identifier: MIT */
/* A boot domain's memory: from which nodes it comes, the claims for it, and its pages. */
#pragma once

#include "boot_plan.h"

/* All that counts as the domain's memory: RAM and ACPI tables. */
unsigned long boot_memory_pages(const struct boot_plan *plan);
/* The nodes that the plan's memory will come from; none: no node has enough of it. */
nodemask_t boot_memory_nodes(const struct boot_plan *plan);
/* Claim all of it, on its nodes. -ENOMEM. */
int boot_memory_claim(const struct boot_plan *plan, nodemask_t nodes);
int boot_memory_unclaim(const struct boot_plan *plan);
/* RAM and ACPI tables as the memory map tells the guest. */
int boot_memory_populate(const struct boot_plan *plan, nodemask_t nodes);
/* What setvnumainfo does for other domains; nothing without virtual nodes. -ENOMEM: the pool is empty. */
int boot_memory_set_vnuma(const struct boot_plan *plan);
