/* SPDX-License-Identifier: MIT */
/* What a rogue guest can do wrong, by name on its command line. */
#pragma once

#include <stdint.h>

struct deed {
    const char *name;
    int (*run)(void); /* must not return, or gives the guest's exit status */
};

/* Up to one without a name. crashes: they end this guest; loops: they never end. */
extern const struct deed crashes[], loops[];

/* modes.asm: out of long mode, paging and protected mode, exiting all the way, with EFER.LME left on; powers
 * off with HLT. */
int leave_modes(void);

#define NOBODYS_MEMORY 0xe0000000UL /* guest-physical, mapped by the guest's tables, backed by nothing */

struct __attribute__((packed)) pointer {
    uint16_t limit;
    uint64_t base;
};
