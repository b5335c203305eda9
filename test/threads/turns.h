/* SPDX-License-Identifier: MIT */
/* The scheduler on several CPUs at once. */
#pragma once

#include "crew.h"

/* The scheduler has kicked CPU. */
void turns_kick(unsigned int cpu);

/* Four CPUs, whose guests are pushed around for so long. */
void turns(unsigned int milliseconds);
