/* SPDX-License-Identifier: MIT */
/* How the machine ends: values written to QEMU's isa-debug-exit port, whose status is then 2 * value + 1. */
#pragma once

#define EXIT_PORT       0xf4

#define EXIT_CODE_OK    0x10 /* QEMU's status 33: everything ended as asked */
#define EXIT_CODE_FAIL  0x11 /* 35: a boot domain crashed or reported failure */
#define EXIT_CODE_BOOT  0x12 /* 37: the configuration or the machine does not allow to start */
#define EXIT_CODE_PANIC 0x13 /* 39: the hypervisor panicked */
