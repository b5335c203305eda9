/* SPDX-License-Identifier: MIT */
/* The hypervisor's address space: what lies where. Shared by the loader and the hypervisor. */
#pragma once

/*
 * 0xffff800000000000  direct map of all RAM, 16 TiB: as far as 32-bit frame numbers reach
 * 0xffffa00000000000  frame table: 16 bytes for each frame, 64 GiB
 * 0xffffb00000000000  device registers, uncached
 * 0xffffc00000000000  stacks of all CPUs but the boot CPU
 * 0xffffffff80000000  the hypervisor's image (linker.ld)
 */
#define DIRECT_MAP_BASE  0xffff800000000000UL
#define DIRECT_MAP_SIZE  (1UL << 44)
#define FRAME_TABLE_BASE 0xffffa00000000000UL
#define MMIO_BASE        0xffffb00000000000UL
#define STACKS_BASE      0xffffc00000000000UL
#define IMAGE_BASE       0xffffffff80000000UL
#define IMAGE_MAX_SIZE   (1UL << 30)

/* The loader's temporary tables map the first 4 GiB, at 0 and at the direct map, and it puts all that it
 * hands over below this address. */
#define EARLY_MAP_SIZE (1UL << 32)
