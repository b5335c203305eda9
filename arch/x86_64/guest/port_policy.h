/* SPDX-License-Identifier: MIT */
/* What a guest reads from ports. Writes are ignored. */
#pragma once

#include <stdint.h>

/* SIZE: 1, 2 or 4 bytes. */
uint32_t port_in(uint16_t port, unsigned int size);
