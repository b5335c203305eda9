/* SPDX-License-Identifier: MIT */
/* The last messages, for XEN_SYSCTL_readconsole: what went to the log port, hypervisor's and domains' lines.
 */
#pragma once

#include "types.h"

#define MESSAGE_RING_SIZE 16384U /* bytes, a power of two; as Xen's default */

/* Append N bytes; the oldest ones give way. */
void message_ring_put(const char *s, size_t n);
/* Copy what follows *index, at most N bytes, and move *index behind it; returns how many. Indices count all
 * bytes that ever were put in, modulo 2^32; one that is not in the ring any more means the oldest byte that
 * is. */
size_t message_ring_get(uint32_t *index, char *buf, size_t n);
/* The oldest byte's index; and forget what is before INDEX. */
uint32_t message_ring_start(void);
void message_ring_drop(uint32_t index);
