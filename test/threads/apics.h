/* SPDX-License-Identifier: MIT */
/* Local APICs that send each other interrupts. */
#pragma once

#include "level.h"

/* vCPUs send interrupts and NMIs to each other, several at once, and wait for them to come. */
void apics(const struct level *l, unsigned int milliseconds);
