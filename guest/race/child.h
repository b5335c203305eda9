/* SPDX-License-Identifier: MIT */
/* Between a child and its builder, which run the same image. */
#pragma once

#include "race.h"

#define CHILD_VCPUS 4U

/* A page of counters, one for each vCPU: how much it has done. */
extern uint64_t child_counts[PAGE_SIZE / sizeof(uint64_t)];

/* Guest frames that the role "own" gives back and has back; its builder may do so, too. */
#define CHILD_FIRST_FRAME PAGES(12 * MiB)
#define CHILD_FRAMES      128U
